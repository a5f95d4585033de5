import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import type { ProjectHint } from './hints.ts';
import { mayRead, type LiveFeed, type LiveMessage } from './feed.ts';

export const closeCode = { goingAway: 1001, policy: 1008, tryAgain: 1013 } as const;

/**
 * Bytes that may wait for a slow reader. A reader with more, or without progress for `patienceMs`, is disconnected; it
 * can resume.
 */
const mostWaitingBytes = 1_000_000;
/** Below this the next messages are fetched without waiting. */
const calmBytes = 64_000;
const patienceMs = 10_000;

type Subscription = { readonly topics: ReadonlySet<string>; readonly wantsHints: boolean; sent: bigint };

/** A change of a job's state is one event on `jobs`; readers that follow only that job get it, too. */
function isWanted({ topics }: Subscription, { topic, subject }: LiveMessage): boolean {
  return topics.has(topic) || (topic === 'jobs' && topics.has(`job:${subject}`));
}

/** A socket with its place in the feed. */
export class LiveReader {
  readonly socket: WebSocket;
  readonly #feed: LiveFeed;
  readonly #projectId: string;
  #subscription: Subscription | null = null;
  #isPumping = false;
  #isWokenAgain = false;
  /** Hints that wait to be sent, by kind and subject: a newer hint replaces an older one. */
  readonly #hints = new Map<string, string>();
  /** Whether the reader has answered the last ping. */
  isAlive = true;

  constructor(socket: WebSocket, feed: LiveFeed, projectId: string) {
    this.socket = socket;
    this.#projectId = projectId;
    this.#feed = feed;
  }

  subscribe(topics: readonly string[], after: bigint, wantsHints: boolean): void {
    this.#subscription = { topics: new Set(topics), sent: after, wantsHints };
  }

  /** Keeps a hint if the reader wants it; true when there is something to send. */
  takeHint({ projectId, topic, kind, subject }: ProjectHint, text: string): boolean {
    const subscription = this.#subscription;
    if (!mayRead(this.#projectId, { projectId })) return false;
    if (subscription === null || !subscription.wantsHints || !subscription.topics.has(topic)) return false;
    this.#hints.set(`${kind} ${subject}`, text);
    return true;
  }

  /**
   * Sends what the reader has not seen. Only one pump runs for a reader; a call meanwhile makes it run another round.
   */
  async pump(): Promise<void> {
    this.#isWokenAgain = true;
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      while (this.#isWokenAgain) {
        this.#isWokenAgain = false;
        while (await this.#sendSome());
        // Hints follow the events, and a reader that is too slow for events gets none. At most one hint of each kind
        // and subject waits.
        for (const text of this.#hints.values()) this.socket.send(text);
        this.#hints.clear();
      }
    } finally {
      this.#isPumping = false;
    }
  }

  /** Sends one batch; false when nothing is left to send. */
  async #sendSome(): Promise<boolean> {
    const subscription = this.#subscription;
    if (subscription === null || this.socket.readyState !== this.socket.OPEN) return false;
    const messages = await this.#feed.after(subscription.sent);
    // A new subscription was made meanwhile, with its own place in the feed.
    if (this.#subscription !== subscription) return true;
    for (const message of messages) {
      if (mayRead(this.#projectId, message) && isWanted(subscription, message)) this.socket.send(message.text);
      subscription.sent = message.sequence;
    }
    if (!(await this.#isKeepingUp())) {
      this.socket.close(closeCode.tryAgain, 'too slow');
      return false;
    }
    return messages.length > 0;
  }

  async #isKeepingUp(): Promise<boolean> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const waiting = this.socket.bufferedAmount;
      if (waiting > mostWaitingBytes || performance.now() > deadline) return false;
      if (waiting <= calmBytes || this.socket.readyState !== this.socket.OPEN) return true;
      await sleep(10);
    }
  }
}
