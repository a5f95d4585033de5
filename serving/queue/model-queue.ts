import { ArtenicError } from '../../core/errors.ts';
import { isolate, runBudgetMs, wantsHost, type BatchPolicy } from './batching.ts';
import { closing, isCallerFault, shown } from '../hosts/failures.ts';
import type { Inference } from '../hosts/messages.ts';
import { HostDied, withDeadline, type Host } from '../hosts/process.ts';
import { verdictOf } from '../files/inspect.ts';
import { JobQueue, type Job } from './job-queue.ts';
import { loadHost, type LaneOptions, type LoadedHost, type ModelFacts } from '../hosts/lane.ts';
import { RecentRuns } from '../hosts/recent-runs.ts';
import { joinRows, splitRows, type NamedTensor } from '../tensors/tensors.ts';

export type QueueOptions = LaneOptions & {
  readonly policy: BatchPolicy;
  /** Most processes of one model whose runs take `runMs`; null when that is not known yet. */
  readonly maxHostsPerModel: (runMs: number | null) => number;
  readonly deadlineMs: number;
  /** Requests room for one more process. False when there is none; then `pump` is called when there may be. */
  readonly makeRoom: () => boolean;
  /** True when another model waits for a process. */
  readonly someoneWaits: () => boolean;
  /** Called when a process becomes idle or has ended. */
  readonly onFree: () => void;
};

/** A loaded process and its work. */
type Lane = {
  host: LoadedHost;
  readonly sinceMs: number;
  /** Number of batches that it has. */
  running: number;
  /** Settles when the last of them has run. */
  tail: Promise<unknown>;
  restart: Promise<LoadedHost> | null;
  /** True when the lane accepts no further batches, because another model waits for its place. */
  isLeaving: boolean;
};

/** A lane that is constantly in use gives way to another model after this time. */
const sliceMs = 2000;

/**
 * Queue of one model version: requests in order of arrival, the batches made of them, and the processes that answer.
 */
export class ModelQueue {
  readonly #sha256: string;
  readonly #options: QueueOptions;
  readonly #queue: JobQueue;
  readonly #runs = new RecentRuns();
  #unprepared: Job[] = [];
  #facts: ModelFacts | null = null;
  #lanes: Lane[] = [];
  #starting: Promise<void> | null = null;
  readonly #hosts = new Set<Host>();
  #isClosed = false;
  #timer: NodeJS.Timeout | null = null;
  #underWay = 0;
  #rssBytes: number;
  lastUsedMs = performance.now();

  constructor(sha256: string, options: QueueOptions & { readonly estimatedBytes: number }) {
    this.#sha256 = sha256;
    this.#options = options;
    this.#queue = new JobQueue(options.policy);
    this.#rssBytes = options.estimatedBytes;
  }

  get isIdle(): boolean {
    return this.#underWay === 0 && this.#starting === null;
  }
  get hosts(): number {
    return this.#lanes.length + (this.#starting === null ? 0 : 1);
  }
  get bytesPerHost(): number {
    return this.#rssBytes;
  }

  /** @param deadlineMs by `performance.now()`. @throws ArtenicError */
  infer(
    prepare: Job['prepare'],
    deadlineMs: number,
  ): Promise<{ readonly outputs: readonly NamedTensor[]; readonly facts: ModelFacts }> {
    if (this.#isClosed) return Promise.reject(closing());
    this.lastUsedMs = performance.now();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => job.settle(this.#late(), []), Math.max(0, deadlineMs - this.lastUsedMs));
      const job: Job = {
        ...{ prepare, arrivalMs: this.lastUsedMs, deadlineMs, tensors: [], rows: 0, key: null, isOver: false },
        settle: (error, outputs) => {
          if (job.isOver) return;
          job.isOver = true;
          this.#underWay--;
          clearTimeout(timer);
          if (error !== null) reject(error);
          else if (this.#facts !== null) resolve({ outputs, facts: this.#facts });
        },
      };
      this.#underWay++;
      this.#queue.callers(this.#underWay);
      if (this.#facts === null) this.#unprepared.push(job);
      else this.#enqueue(job, this.#facts);
      this.pump();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#refuseAll(closing());
    await Promise.all([...this.#hosts].map((host) => host.kill()));
    await this.#starting;
    await Promise.all([...this.#hosts].map((host) => host.kill()));
  }

  /** Gives work to free processes. Call it after every change. */
  readonly pump = (): void => {
    if (this.#isClosed) return;
    this.#dispatch();
    const wants = wantsHost({
      hosts: this.hosts,
      freeHosts: this.#lanes.filter((lane) => lane.running === 0).length + (this.#starting === null ? 0 : 1),
      maxHosts: this.#options.maxHostsPerModel(this.#runs.medianMs),
      waitingRows: this.#queue.rows + this.#unprepared.length,
      maxRows: this.#options.policy.maxRows,
    });
    if (wants && this.#options.makeRoom()) this.#grow();
  };

  #late(): ArtenicError {
    const { deadlineMs } = this.#options;
    return this.hosts === 0
      ? new ArtenicError('unavailable', 'All model hosts are busy.', { retryAfterMs: deadlineMs })
      : new ArtenicError('deadline-exceeded', `The model did not answer within ${deadlineMs} ms.`);
  }

  #enqueue(job: Job, facts: ModelFacts): void {
    try {
      const busy = this.#lanes.reduce((sum, lane) => sum + lane.running, 0);
      this.#queue.push(job, facts, { all: this.#lanes.length, busy });
    } catch (error) {
      job.settle(error as Error, []);
    }
  }

  #freeLane(): Lane | undefined {
    const limit = this.#queue.batchesAtOnce;
    const open = this.#lanes.filter((lane) => !lane.isLeaving && lane.running < limit);
    return open.find((lane) => lane.running === 0) ?? open[0];
  }

  /** Gives a batch to each free process, or sets a timer for the end of the wait for more jobs. */
  #dispatch(): void {
    for (let lane = this.#freeLane(); lane !== undefined; lane = this.#freeLane()) {
      const delayMs = this.#queue.flushDelayMs();
      if (delayMs === null) return;
      if (delayMs > 0) {
        this.#timer ??= setTimeout(() => {
          this.#timer = null;
          this.pump();
        }, delayMs);
        return;
      }
      this.#work(lane, this.#queue.take(this.#underWay));
    }
  }

  #work(lane: Lane, batch: readonly Job[]): void {
    lane.running++;
    void this.#answer(lane, batch).finally(() => {
      lane.running--;
      this.#afterBatch(lane);
      this.pump();
      this.#options.onFree();
    });
  }

  /** Never rejects: a failure is passed to the jobs of the batch. */
  async #answer(lane: Lane, batch: readonly Job[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      const outcomes = await isolate(batch, (jobs) => this.#attempt(lane, jobs, batch.length), isCallerFault);
      for (const [index, { error, answer }] of outcomes.entries())
        batch[index]?.settle(error === null ? null : shown(error), answer ?? []);
    } catch (error) {
      for (const job of batch) job.settle(error instanceof Error ? error : new Error(String(error)), []);
    }
  }

  /** A host that dies is first assumed to have died by accident; when it dies again, the jobs are tried in halves. */
  async #attempt(lane: Lane, jobs: readonly Job[], jobsOfBatch: number): Promise<readonly (readonly NamedTensor[])[]> {
    try {
      return await this.#runOn(lane, jobs, jobsOfBatch);
    } catch (error) {
      if (!(error instanceof HostDied) || jobs.length < jobsOfBatch || this.#isClosed) throw error;
      return this.#runOn(lane, jobs, jobsOfBatch);
    }
  }

  async #living(lane: Lane): Promise<Host> {
    if (this.#hosts.has(lane.host.host)) return lane.host.host;
    if (this.#isClosed) throw closing();
    lane.restart ??= this.#load().finally(() => {
      lane.restart = null;
    });
    lane.host = await lane.restart;
    return lane.host.host;
  }

  async #runOn(lane: Lane, jobs: readonly Job[], jobsOfBatch: number): Promise<readonly (readonly NamedTensor[])[]> {
    const host = await this.#living(lane);
    const limitMs = runBudgetMs(jobs.length, jobsOfBatch, this.#options.deadlineMs);
    const before = lane.tail;
    const answer = host.ask('infer', joinRows(jobs.map(({ tensors }) => tensors)));
    lane.tail = answer.catch(() => null);
    // The time limit begins when the previous batch has run.
    await before;
    const startedMs = performance.now();
    let inference: Inference;
    try {
      inference = await withDeadline(answer, limitMs, () => this.#late());
    } catch (error) {
      // Only a kill stops a running model.
      if (error instanceof ArtenicError && error.type === 'deadline-exceeded') await host.kill();
      throw error;
    }
    this.#queue.ran(performance.now() - startedMs);
    const { outputs, runMs } = inference;
    this.#runs.add(runMs);
    if (jobs.length === 1) return [outputs];
    const parts = splitRows(
      outputs,
      jobs.map(({ rows }) => rows),
    );
    if (parts !== null) return parts;
    // The outputs turn out not to be per row.
    if (this.#facts !== null) this.#facts = { ...this.#facts, hasOwnRows: false };
    const answers: (readonly NamedTensor[])[] = [];
    for (const job of jobs) answers.push((await host.ask('infer', job.tensors)).outputs);
    return answers;
  }

  async #load(): Promise<LoadedHost> {
    let host: Host | null = null;
    const loaded = await loadHost(this.#sha256, this.#options, (started) => {
      host = started;
      this.#hosts.add(started);
      void started.died.then(() => this.#forget(started));
      if (this.#isClosed) void started.kill();
    });
    this.#rssBytes = Math.max(loaded.rssBytes, this.#rssBytes);
    this.#facts ??= loaded.facts;
    if (host === null || !this.#hosts.has(host)) throw new HostDied(null, 'SIGKILL', '');
    return loaded;
  }

  #forget(host: Host): void {
    this.#hosts.delete(host);
    // A busy lane notices the death by itself and starts another host.
    this.#lanes = this.#lanes.filter((lane) => lane.running > 0 || lane.host.host !== host);
    this.#options.onFree();
  }

  #grow(): void {
    const isFirst = this.#lanes.length === 0;
    this.#starting = this.#load()
      .then((host) => {
        const sinceMs = performance.now();
        this.#lanes.push({ host, sinceMs, running: 0, tail: Promise.resolve(), restart: null, isLeaving: false });
        for (const job of this.#unprepared.splice(0)) if (!job.isOver) this.#enqueue(job, host.facts);
      })
      .catch((error: unknown) => {
        // While another process works, a failure to start one more affects no job.
        if (isFirst) this.#refuseAll(error instanceof HostDied ? verdictOf(error) : (error as Error));
      })
      .finally(() => {
        this.#starting = null;
        this.pump();
        this.#options.onFree();
      });
  }

  /** Removes a lane without a process, and gives up a lane when another model waits. */
  #afterBatch(lane: Lane): void {
    const isDead = !this.#hosts.has(lane.host.host);
    const hasHadItsTime = this.#lanes.length > 1 || performance.now() - lane.sinceMs > sliceMs;
    if (!isDead && this.#options.someoneWaits() && hasHadItsTime) lane.isLeaving = true;
    if (lane.running > 0 || !(isDead || lane.isLeaving)) return;
    this.#lanes = this.#lanes.filter((other) => other !== lane);
    if (!isDead) void lane.host.host.kill();
  }

  #refuseAll(error: Error): void {
    for (const job of [...this.#unprepared.splice(0), ...this.#queue.takeAll()]) job.settle(error, []);
  }
}
