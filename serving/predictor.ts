import type { ModelSignature } from '@artenic/core';
import { ArtenicError } from '../core/errors.ts';
import { withDeadline } from './host-process.ts';
import { inspectModel } from './inspect.ts';
import { ModelHost } from './model-host.ts';
import type { Inputs, Prediction } from './tensors.ts';

const defaultLoadTimeoutMs = 60_000;

export type PredictorOptions = {
  /** Path of the model file on this machine. */
  readonly fetchModel: (sha256: string) => Promise<string>;
  /** Models held at the same time, each in a process of its own. More: fewer reloads; each takes a core while it runs. */
  readonly maxHosts: number;
  /** Longest time for one request, and for one run of a model before its process is killed. */
  readonly deadlineMs: number;
  /** Memory one model may use. */
  readonly memoryBytes: number;
  /** Longest time to load a model; a request that waits for it still ends at its own deadline. */
  readonly loadTimeoutMs?: number;
};

type PredictRequest = { readonly sha256: string; readonly inputs: Inputs };

export type Predictor = {
  /** One row. @throws ArtenicError */
  readonly predict: (request: PredictRequest) => Promise<Prediction & { readonly latencyMs: number }>;
  /** What the model takes and gives. @throws ArtenicError `model-rejected` */
  readonly inspect: (sha256: string) => Promise<ModelSignature>;
  readonly close: () => Promise<void>;
};

export function createPredictor(options: PredictorOptions): Predictor {
  const { fetchModel, maxHosts, deadlineMs, memoryBytes } = options;
  const loadTimeoutMs = options.loadTimeoutMs ?? defaultLoadTimeoutMs;
  /** Least recently used first. */
  const hosts = new Map<string, ModelHost>();
  const waiting: (() => void)[] = [];
  const leaving = new Set<Promise<void>>();
  let isClosed = false;
  let lastInspection: Promise<unknown> = Promise.resolve();

  const onIdle = () => {
    for (const tryAgain of waiting.splice(0)) tryAgain();
  };

  function letGo(host: ModelHost): void {
    const gone = host.close().finally(() => leaving.delete(gone));
    leaving.add(gone);
  }

  /** Null when every host is at work for another model. */
  function take(sha256: string): ModelHost | null {
    const known = hosts.get(sha256);
    if (known === undefined && hosts.size >= maxHosts) {
      const [oldest] = [...hosts].filter(([, host]) => host.isIdle);
      if (oldest === undefined) return null;
      hosts.delete(oldest[0]);
      letGo(oldest[1]);
    }
    const host = known ?? new ModelHost(sha256, { fetchModel, deadlineMs, loadTimeoutMs, memoryBytes, onIdle });
    hosts.delete(sha256);
    hosts.set(sha256, host);
    return host;
  }

  const busy = () =>
    new ArtenicError('unavailable', `All ${maxHosts} model hosts are busy.`, { retryAfterMs: deadlineMs });

  async function answer({ sha256, inputs }: PredictRequest, deadline: number): Promise<Prediction> {
    for (;;) {
      if (isClosed) throw new ArtenicError('unavailable', 'The predictor is shutting down.');
      const host = take(sha256);
      if (host !== null) return host.predict(inputs, deadline);
      const freed = new Promise<void>((resolve) => waiting.push(resolve));
      await withDeadline(freed, deadline - Date.now(), busy);
    }
  }

  return {
    predict: async (request) => {
      const startedMs = performance.now();
      const prediction = await answer(request, Date.now() + deadlineMs);
      return { ...prediction, latencyMs: performance.now() - startedMs };
    },
    // one after the other: each may take a core and its share of memory
    inspect: (sha256) => {
      const inspection = lastInspection.then(async () =>
        inspectModel(await fetchModel(sha256), { timeoutMs: loadTimeoutMs, memoryBytes }),
      );
      lastInspection = inspection.catch(() => null);
      return inspection;
    },
    close: async () => {
      isClosed = true;
      onIdle();
      for (const host of hosts.values()) letGo(host);
      hosts.clear();
      await Promise.all([...leaving, lastInspection]);
    },
  };
}
