import { complain } from '../error-text.ts';
import { pause } from '../pause.ts';
import type { NoticeProtocol } from './protocol.ts';

const lookEveryMs = 500;

/** A value that is set once. A listener that is added later gets it at once. */
class Word<T> {
  #said: T | null = null;
  readonly #listeners: ((value: T) => void)[] = [];

  get isSaid(): boolean {
    return this.#said !== null;
  }
  say(value: T): void {
    if (this.#said !== null) return;
    this.#said = value;
    for (const listener of this.#listeners) listener(value);
  }
  listen(listener: (value: T) => void): void {
    this.#listeners.push(listener);
    if (this.#said !== null) listener(this.#said);
  }
}

/** Looks twice a second whether the provider takes the machine back. */
export class Notices {
  readonly #protocol: NoticeProtocol | null;
  readonly #end = new AbortController();
  readonly #notice = new Word<Date>();
  readonly #rebalance = new Word<Date>();
  #hasComplained = false;

  constructor(protocol: NoticeProtocol | null) {
    this.#protocol = protocol;
    if (protocol !== null) void this.#run();
  }

  /** Takes a notice from another source than the protocol. */
  hear(deadline: Date): void {
    this.#notice.say(deadline);
  }

  /** The machine ends then. */
  onNotice(listener: (deadline: Date) => void): void {
    this.#notice.listen(listener);
  }

  /** It is more likely than usual that the machine will be taken back; no time is set. */
  onRebalance(listener: (since: Date) => void): void {
    this.#rebalance.listen(listener);
  }

  async #run(): Promise<void> {
    while (!this.#end.signal.aborted && !this.#notice.isSaid) {
      await this.look();
      await pause(lookEveryMs, this.#end.signal);
    }
  }

  /** Asks once and never fails: a service that is away announces nothing. */
  async look(): Promise<void> {
    if (this.#protocol === null || this.#notice.isSaid) return;
    try {
      const { notice, rebalance } = await this.#protocol.look();
      if (notice !== null) this.#notice.say(notice);
      if (rebalance !== null) this.#rebalance.say(rebalance);
    } catch (error) {
      if (!this.#hasComplained) complain('asking the metadata service', error);
      this.#hasComplained = true;
    }
  }

  stop(): void {
    this.#end.abort();
  }
}
