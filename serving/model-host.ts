import { ArtenicError } from '../core/errors.ts';
import { HostDied, startHost, withDeadline, type Host } from './host-process.ts';
import { verdictOf } from './inspect.ts';
import { refuseOtherFormats } from './model-file.ts';
import type { Inputs, Prediction } from './tensors.ts';

export type ModelHostOptions = {
  readonly fetchModel: (sha256: string) => Promise<string>;
  readonly deadlineMs: number;
  readonly loadTimeoutMs: number;
  readonly memoryBytes: number;
  /** Called when nothing is left to do. */
  readonly onIdle: () => void;
};

type Job = {
  readonly inputs: Inputs;
  readonly resolve: (prediction: Prediction) => void;
  readonly reject: (error: Error) => void;
  /** Answered, or given up by its caller. */
  isOver: boolean;
  isRetry: boolean;
};

/** One model version: requests in order of arrival, and the process that answers them one at a time. */
export class ModelHost {
  readonly #sha256: string;
  readonly #options: ModelHostOptions;
  readonly #queue: Job[] = [];
  #host: Host | null = null;
  #isLoaded = false;
  #isClosed = false;
  #pumping: Promise<void> | null = null;

  constructor(sha256: string, options: ModelHostOptions) {
    this.#sha256 = sha256;
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#pumping === null;
  }

  /** @param deadline when the caller gets `deadline-exceeded`, in milliseconds since 1970 */
  async predict(inputs: Inputs, deadline: number): Promise<Prediction> {
    const { promise, resolve, reject } = Promise.withResolvers<Prediction>();
    const job: Job = { inputs, resolve, reject, isOver: false, isRetry: false };
    this.#queue.push(job);
    this.#pumping ??= this.#pump();
    try {
      return await withDeadline(promise, deadline - Date.now(), () => this.#late());
    } finally {
      job.isOver = true;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#refuseAll(new ArtenicError('unavailable', 'The model host is shutting down.'));
    await this.#host?.kill();
    await this.#pumping;
  }

  #late(): ArtenicError {
    return new ArtenicError('deadline-exceeded', `The model did not answer within ${this.#options.deadlineMs} ms.`);
  }

  /** Works until the queue is empty. A failure belongs to the requests that wait for it; this never rejects. */
  async #pump(): Promise<void> {
    while (this.#next() !== undefined) {
      const host = await this.#ready();
      const job = this.#next();
      if (host === null || job === undefined) continue;
      this.#queue.shift();
      await this.#run(host, job);
    }
    this.#pumping = null;
    this.#options.onIdle();
  }

  /** The oldest request that still waits. */
  #next(): Job | undefined {
    while (this.#queue[0]?.isOver === true) this.#queue.shift();
    return this.#queue[0];
  }

  /** The loaded host. Null when there cannot be one: then all who wait have got their answer. */
  async #ready(): Promise<Host | null> {
    if (this.#host !== null && this.#isLoaded) return this.#host;
    try {
      return await this.#startTwice();
    } catch (error) {
      const reason = error instanceof HostDied ? verdictOf(error) : error;
      this.#refuseAll(reason instanceof Error ? reason : new ArtenicError('internal', String(reason)));
      return null;
    }
  }

  /** A kill from outside is not the model's doing, so it is tried again. */
  async #startTwice(): Promise<Host> {
    try {
      return await this.#start();
    } catch (error) {
      if (!(error instanceof HostDied) || error.signal !== 'SIGKILL' || this.#isClosed) throw error;
      return await this.#start();
    }
  }

  async #start(): Promise<Host> {
    const { fetchModel, loadTimeoutMs, memoryBytes } = this.#options;
    const filePath = await fetchModel(this.#sha256);
    await refuseOtherFormats(filePath);
    const host = await startHost({ memoryBytes });
    [this.#host, this.#isLoaded] = [host, false];
    void host.died.then(() => this.#forget(host));
    if (this.#isClosed) await host.kill();
    try {
      await withDeadline(
        host.ask('load', filePath),
        loadTimeoutMs,
        () => new ArtenicError('deadline-exceeded', `The model was not loaded within ${loadTimeoutMs} ms.`),
      );
    } catch (error) {
      await host.kill();
      throw error;
    }
    this.#isLoaded = true;
    return host;
  }

  /** The time counts from here, not from the arrival: a full queue must not kill a host that works. */
  async #run(host: Host, job: Job): Promise<void> {
    try {
      job.resolve(await withDeadline(host.ask('predict', job.inputs), this.#options.deadlineMs, () => this.#late()));
    } catch (error) {
      if (error instanceof HostDied) {
        this.#forget(host);
        this.#again(job, error);
        return;
      }
      if (error instanceof ArtenicError && error.type === 'deadline-exceeded') await host.kill();
      job.reject(error instanceof Error ? error : new ArtenicError('internal', String(error)));
    }
  }

  /** Once, in case the death was not this request's doing. */
  #again(job: Job, death: HostDied): void {
    if (job.isRetry || this.#isClosed) {
      job.reject(new ArtenicError('unavailable', `No answer: ${death.message}.`, { cause: death }));
      return;
    }
    job.isRetry = true;
    this.#queue.unshift(job);
  }

  #forget(host: Host): void {
    if (this.#host === host) this.#host = null;
  }

  #refuseAll(error: Error): void {
    for (const job of this.#queue.splice(0)) job.reject(error);
  }
}
