/** Lets work through while it is open. Work that waits for an answer hears by the signal that the gate was closed. */
export class Gate {
  #abort = new AbortController();
  #isEnded = false;
  #opening: PromiseWithResolvers<void> | null = null;

  get isClosed(): boolean {
    return this.#opening !== null;
  }

  close(): void {
    if (this.isClosed || this.#isEnded) return;
    this.#opening = Promise.withResolvers();
    // Nothing may wait when the upload is ended.
    this.#opening.promise.catch(() => undefined);
    this.#abort.abort();
  }

  release(): void {
    if (this.#opening === null || this.#isEnded) return;
    this.#abort = new AbortController();
    this.#opening.resolve();
    this.#opening = null;
  }

  /** Ends all work: what waits is refused. */
  end(): void {
    this.#isEnded = true;
    this.#abort.abort();
    this.#opening?.reject(new DOMException('The upload was ended.', 'AbortError'));
  }

  /** Waits until the gate is open. @returns the signal of its next closing */
  async open(): Promise<AbortSignal> {
    await this.#opening?.promise;
    if (this.#isEnded) throw new DOMException('The upload was ended.', 'AbortError');
    return this.#abort.signal;
  }

  /** Runs `work` for each item, at most `limit` at once. After a failure no other item is begun. */
  async eachAtOnce<Item>(limit: number, items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
    const queue = items.values();
    const failures: unknown[] = [];
    const worker = async (): Promise<void> => {
      for (const item of queue) {
        if (failures.length > 0) return;
        try {
          await this.open();
          await work(item);
        } catch (error) {
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
    if (failures.length > 0) throw failures[0];
  }
}
