import { createLiveReader, type LiveHint } from '@artenic/core';

export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'paused';

const pauseMs = { first: 250, most: 3000 };
const baseTopics = ['jobs', 'models', 'datasets', 'providers'] as const;

type Listeners = {
  /** Receives an event, or a hint, which has no number. */
  readonly onEvent: (event: LiveHint) => void;
  /** Data on the page may be incomplete: refetch all of it. */
  readonly onGap: () => void;
  readonly onState: (state: LiveState) => void;
};

/**
 * The tab's only WebSocket. It resumes after the last event it has seen, so that no event is missed or delivered twice.
 * It closes while the tab is hidden.
 */
export class LiveConnection {
  readonly #listeners: Listeners;
  readonly #jobs = new Map<string, number>();
  #socket: WebSocket | null = null;
  readonly #reader = createLiveReader(null);
  #waitMs = pauseMs.first;
  #timer: number | undefined;
  #isOpenWanted = false;
  /** The previous connection broke or was closed, so hints may have been missed. */
  #mayHaveMissed = false;
  #state: LiveState = 'connecting';

  constructor(listeners: Listeners) {
    this.#listeners = listeners;
  }

  open(): void {
    if (this.#isOpenWanted) return;
    this.#isOpenWanted = true;
    this.#setState(this.#reader.after() === null ? 'connecting' : 'reconnecting');
    this.#connect();
  }

  close(state: 'paused' | 'connecting' = 'connecting'): void {
    this.#isOpenWanted = false;
    window.clearTimeout(this.#timer);
    this.#socket?.close();
    this.#socket = null;
    this.#mayHaveMissed = true;
    this.#setState(state);
  }

  /** Subscribes to a job's own events; returns a function that unsubscribes. */
  follow(jobId: string): () => void {
    this.#jobs.set(jobId, (this.#jobs.get(jobId) ?? 0) + 1);
    this.#subscribe();
    return () => {
      const count = (this.#jobs.get(jobId) ?? 1) - 1;
      if (count > 0) this.#jobs.set(jobId, count);
      else this.#jobs.delete(jobId);
      this.#subscribe();
    };
  }

  #setState(state: LiveState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#listeners.onState(state);
  }

  #connect(): void {
    const url = new URL('/ws', window.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(url, ['artenic.v1']);
    this.#socket = socket;
    socket.addEventListener('open', () => this.#subscribe());
    socket.addEventListener('message', (event) => {
      if (this.#socket === socket) this.#take(String(event.data));
    });
    socket.addEventListener('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      this.#mayHaveMissed = true;
      this.#setState('reconnecting');
      this.#timer = window.setTimeout(() => this.#connect(), this.#waitMs * (0.5 + Math.random() / 2));
      this.#waitMs = Math.min(this.#waitMs * 2, pauseMs.most);
    });
  }

  #subscribe(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    const topics = [...baseTopics, ...[...this.#jobs.keys()].map((id) => `job:${id}`)];
    this.#socket.send(JSON.stringify({ op: 'subscribe', topics, after: this.#reader.after(), hints: true }));
  }

  /** Hints are not stored for disconnected clients, so this asks for a refetch of the followed jobs. */
  #tellHints(): void {
    const at = new Date().toISOString();
    for (const subject of this.#jobs.keys())
      for (const kind of ['job.log', 'job.metric'])
        this.#listeners.onEvent({ topic: `job:${subject}`, kind, subject, at, data: {} });
  }

  #take(text: string): void {
    const news = this.#reader.read(text);
    switch (news.kind) {
      case 'subscribed':
        this.#waitMs = pauseMs.first;
        this.#setState('live');
        // Data fetched before this moment may be older than the first event.
        if (news.isFirst) this.#listeners.onGap();
        else if (this.#mayHaveMissed) this.#tellHints();
        this.#mayHaveMissed = false;
        return;
      case 'event':
        return this.#listeners.onEvent(news.event);
      case 'hint':
        return this.#listeners.onEvent(news.hint);
      case 'gap':
      case 'refused':
        return this.#listeners.onGap();
      case 'known':
        return;
      default:
        news satisfies never;
    }
  }
}
