import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { ModelSignature } from '@artenic/core';
import { ArtenicError, isArtenicError } from '../core/errors.ts';
import { defaultPolicy, hostsForCores, type BatchPolicy } from './queue/batching.ts';
import { decodeRow, valuesOf, type Prediction } from './tensors/decode.ts';
import { encodeRow, type Inputs } from './tensors/encode.ts';
import { evictionsFor } from './queue/eviction.ts';
import { inferExternally, readExternal, type ExternalModel, type ExternalPlace } from './oip/external.ts';
import { inspectModel, scanFile } from './files/inspect.ts';
import { ModelQueue } from './queue/model-queue.ts';
import type { NamedTensor } from './tensors/tensors.ts';
import { probeRow } from './hosts/warm-up.ts';

const defaultLoadTimeoutMs = 60_000;
const externalAtOnce = 8;
/** Limit for the values of all rows of a request together. */
const maxBatchValues = 2_000_000;
/** Memory of a process without a model. */
const emptyHostBytes = 80 * 1024 ** 2;

export type PredictorOptions = {
  /** Path of the model file on this machine. */
  readonly fetchModel: (sha256: string) => Promise<string>;
  /**
   * Most processes at the same time, over all models. A higher value means fewer reloads; each process uses a core
   * while it runs.
   */
  readonly maxHosts: number;
  /**
   * Most processes of one model under load. When absent: as many as keep the cores busy, which depends on the length of
   * its runs.
   */
  readonly maxHostsPerModel?: number;
  /** CPU cores; the number of the machine's cores when absent. */
  readonly cores?: number;
  /** Longest time for one request, and for one run of a model before its process is killed. */
  readonly deadlineMs: number;
  /** Memory that one process may use for its model. */
  readonly memoryBytes: number;
  /** Memory of all processes together; the least recently used models are evicted first. */
  readonly totalMemoryBytes?: number;
  /** Longest time to load a model; a request that waits for the load still ends at its own deadline. */
  readonly loadTimeoutMs?: number;
  readonly policy?: BatchPolicy;
  /** Python modules that pickles of other formats may import. */
  readonly pickleModules?: readonly string[];
};

/** Identifies a model: by its content here, or by its place on another server. */
export type Target = { readonly sha256: string; readonly external?: ExternalModel | null };
export type Failure = { readonly error: ArtenicError };

export type Predictor = {
  /** Predicts one row. @throws ArtenicError */
  readonly predict: (
    request: Target & { readonly inputs: Inputs },
  ) => Promise<Prediction & { readonly latencyMs: number }>;
  /**
   * Predicts many rows; a row that fails does not affect the others. @throws ArtenicError for errors that concern all
   * rows
   */
  readonly predictBatch: (request: Target & { readonly rows: readonly Inputs[] }) => Promise<{
    readonly results: readonly (Prediction | Failure)[];
    readonly latencyMs: number;
  }>;
  /** Runs tensors as they are. `prepare` checks them against the signature. @throws ArtenicError */
  readonly infer: (
    request: Target & {
      readonly prepare: (signature: ModelSignature) => readonly NamedTensor[];
      /** Shorter than the default deadline. */
      readonly deadlineMs?: number;
    },
  ) => Promise<readonly NamedTensor[]>;
  /** Loads the model and runs it, so that the first request does not wait for that. @throws ArtenicError */
  readonly warm: (target: Target) => Promise<void>;
  /** Reads a model's inputs and outputs. @throws ArtenicError `model-rejected` */
  readonly inspect: (sha256: string) => Promise<ModelSignature>;
  /** Scans a file of another format for unsafe content. @throws ArtenicError `model-rejected` */
  readonly scan: (sha256: string, format: string) => Promise<void>;
  /** Reads the inputs and outputs of a model on another server. @throws ArtenicError `unavailable` */
  readonly inspectExternal: (place: ExternalPlace) => Promise<ModelSignature>;
  /** Whether a host of this process has the model's file, or is about to. */
  readonly isLoaded: (sha256: string) => boolean;
  readonly close: () => Promise<void>;
};

async function inParts<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += atOnce)
    results.push(...(await Promise.all(items.slice(at, at + atOnce).map(work))));
  return results;
}

/** The queues of all models, and the hosts and memory they share. */
function createQueues(options: PredictorOptions) {
  const queues = new Map<string, ModelQueue>();
  const waiting = new Set<string>();
  const leaving = new Set<Promise<void>>();
  const { maxHostsPerModel: fixed, cores = availableParallelism() } = options;
  const maxHostsPerModel = (runMs: number | null) => fixed ?? hostsForCores(cores, runMs);
  const capacity = { maxHosts: options.maxHosts, maxBytes: options.totalMemoryBytes ?? Infinity };
  let isRetrying = false;

  function letGo(id: string, queue: ModelQueue): void {
    queues.delete(id);
    const gone = queue.close().finally(() => leaving.delete(gone));
    leaving.add(gone);
  }

  function makeRoom(id: string, bytes: number): boolean {
    const residents = [...queues].map(([other, queue]) => ({
      ...{ id: other, lastUsed: queue.lastUsedMs, isIdle: queue.isIdle, hosts: queue.hosts },
      bytes: queue.hosts * queue.bytesPerHost,
    }));
    const evicted = evictionsFor(residents, { id, bytes }, capacity);
    for (const other of evicted ?? []) {
      const queue = queues.get(other);
      if (queue !== undefined) letGo(other, queue);
    }
    if (evicted === null && queues.get(id)?.hosts === 0) waiting.add(id);
    else waiting.delete(id);
    return evicted !== null;
  }

  /** Retries the waiting queues in order of arrival; never recursively. */
  function retry(): void {
    if (isRetrying || waiting.size === 0) return;
    isRetrying = true;
    for (const id of [...waiting]) {
      const queue = queues.get(id);
      waiting.delete(id);
      queue?.pump();
    }
    isRetrying = false;
  }

  function queueOf(sha256: string, estimatedBytes: number): ModelQueue {
    const known = queues.get(sha256);
    if (known !== undefined) return known;
    const queue: ModelQueue = new ModelQueue(sha256, {
      fetchModel: options.fetchModel,
      loadTimeoutMs: options.loadTimeoutMs ?? defaultLoadTimeoutMs,
      memoryBytes: options.memoryBytes,
      policy: options.policy ?? defaultPolicy,
      maxHostsPerModel,
      deadlineMs: options.deadlineMs,
      makeRoom: () => makeRoom(sha256, queue.bytesPerHost),
      someoneWaits: () => waiting.size > 0,
      onFree: retry,
      estimatedBytes,
    });
    queues.set(sha256, queue);
    return queue;
  }

  return {
    known: (sha256: string) => queues.get(sha256),
    queueOf,
    close: async () => {
      waiting.clear();
      for (const [id, queue] of queues) letGo(id, queue);
      await Promise.all(leaving);
    },
  };
}

/** @param room values left for this row and later ones; below 0 when used up, and then no row is decoded */
type PredictRow = (target: Target, inputs: Inputs, room: { values: number }) => Promise<Prediction>;

/** A row that cannot be predicted fails alone; the rows share a limit on their values. */
async function predictRows(
  predictRow: PredictRow,
  target: Target,
  rows: readonly Inputs[],
): Promise<readonly (Prediction | Failure)[]> {
  const room = { values: maxBatchValues };
  const one = (row: Inputs): Promise<Prediction | Failure> =>
    predictRow(target, row, room).catch((error: unknown): Failure => {
      if (isArtenicError(error, 'validation-failed') || isArtenicError(error, 'payload-too-large')) return { error };
      throw error;
    });
  // The queue of a local model batches all rows that arrive together; another server receives a few at a time.
  const isHere = target.external === undefined || target.external === null;
  const results = await inParts(rows, isHere ? rows.length : externalAtOnce, one);
  if (room.values < 0)
    throw new ArtenicError(
      'payload-too-large',
      `The rows answer with more than ${maxBatchValues} values together: send fewer of them in a request.`,
    );
  return results;
}

export function createPredictor(options: PredictorOptions): Predictor {
  const { fetchModel, deadlineMs, memoryBytes } = options;
  const loadTimeoutMs = options.loadTimeoutMs ?? defaultLoadTimeoutMs;
  const queues = createQueues(options);
  let isClosed = false;
  let lastInspection: Promise<unknown> = Promise.resolve();

  async function queueFor(sha256: string): Promise<ModelQueue> {
    const known = queues.known(sha256);
    if (known !== undefined) return known;
    const { size } = await stat(await fetchModel(sha256));
    if (isClosed) throw new ArtenicError('unavailable', 'The predictor is shutting down.');
    return queues.queueOf(sha256, emptyHostBytes + 2 * size);
  }

  /** Runs the tensors that `prepare` makes from the signature, on this machine or on another server. */
  async function run(
    { sha256, external }: Target,
    prepare: (signature: ModelSignature) => readonly NamedTensor[],
    limitMs = deadlineMs,
  ): Promise<{ readonly outputs: readonly NamedTensor[]; readonly signature: ModelSignature }> {
    if (isClosed) throw new ArtenicError('unavailable', 'The predictor is shutting down.');
    if (external !== undefined && external !== null) {
      const outputs = await inferExternally(external, prepare(external.signature), limitMs);
      return { outputs, signature: external.signature };
    }
    const deadline = performance.now() + limitMs;
    const queue = queues.known(sha256) ?? (await queueFor(sha256));
    const { outputs, facts } = await queue.infer(({ signature }) => prepare(signature), deadline);
    return { outputs, signature: facts.signature };
  }

  const predictRow: PredictRow = async (target, inputs, room) => {
    const { outputs, signature } = await run(target, ({ inputs: wanted }) => encodeRow(wanted, inputs));
    room.values -= valuesOf(outputs);
    return room.values < 0 ? { outputs: {}, label: null } : decodeRow(signature, outputs);
  };

  /** Runs one inspection after the other: each may use a core and its share of memory. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = lastInspection.then(work);
    lastInspection = turn.catch(() => null);
    return turn;
  }

  const scanOptions = { timeoutMs: loadTimeoutMs, memoryBytes, allowedModules: options.pickleModules ?? [] };
  return {
    predict: async ({ inputs, ...target }) => {
      const startedMs = performance.now();
      const prediction = await predictRow(target, inputs, { values: Infinity });
      return { ...prediction, latencyMs: performance.now() - startedMs };
    },
    predictBatch: async ({ rows, ...target }) => {
      const startedMs = performance.now();
      const results = await predictRows(predictRow, target, rows);
      return { results, latencyMs: performance.now() - startedMs };
    },
    infer: async ({ prepare, deadlineMs: limitMs = deadlineMs, ...target }) =>
      (await run(target, prepare, Math.min(limitMs, deadlineMs))).outputs,
    warm: async (target) => {
      try {
        await run(target, (signature) => probeRow(signature.inputs, 0) ?? []);
      } catch (error) {
        // The model is loaded. Its failure on a made-up row has no meaning.
        if (!isArtenicError(error, 'validation-failed')) throw error;
      }
    },
    inspect: (sha256) =>
      inTurn(async () => inspectModel(await fetchModel(sha256), { timeoutMs: loadTimeoutMs, memoryBytes })),
    scan: (sha256, format) => inTurn(async () => scanFile(await fetchModel(sha256), format, scanOptions)),
    inspectExternal: (place) => readExternal(place, deadlineMs),
    isLoaded: (sha256) => queues.known(sha256) !== undefined,
    close: async () => {
      isClosed = true;
      await Promise.all([queues.close(), lastInspection]);
    },
  };
}
