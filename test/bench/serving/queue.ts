import { cpus } from 'node:os';
import { createPredictor, type Predictor } from '../../../serving/predictor.ts';
import { processesWith } from '../../support/processes.ts';
import { percentile } from '../statistics.ts';
import { startBare } from './children.ts';
import { alternate, median, ratio, say } from './report.ts';

const rows = 32;

export type BenchModel = {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly file: string;
  /** Features of the network's input. */
  readonly features: number;
  readonly seconds: number;
  readonly times: number;
};

/** A predictor with its default number of processes, or with at most this number. */
function predictorOf(processes: number | null, maxRows = rows): Predictor {
  return createPredictor({
    fetchModel: (path) => Promise.resolve(path),
    maxHosts: processes ?? cpus().length,
    ...(processes === null ? {} : { maxHostsPerModel: processes }),
    deadlineMs: 10_000,
    memoryBytes: 2 * 1024 ** 3,
    policy: { maxRows, maxDelayMs: 2 },
  });
}

type Drive = {
  readonly file: string;
  readonly features: number;
  readonly callers: number;
  readonly rowsEach: number;
  readonly seconds: number;
};

/** Callers in a closed loop on the queue, without HTTP. */
async function drive(predictor: Predictor, { file, features, callers, rowsEach, seconds }: Drive) {
  const data = Float32Array.from({ length: rowsEach * features }, (_, index) => Math.sin(index));
  const tensors = [{ name: 'x', type: 'float32', dims: [rowsEach, features], data }];
  const durations: number[] = [];
  const startedMs = performance.now();
  const untilMs = startedMs + seconds * 1000;
  const one = async (): Promise<void> => {
    for (let nowMs = startedMs; nowMs < untilMs;) {
      await predictor.infer({ sha256: file, prepare: () => tensors });
      const endMs = performance.now();
      durations.push(endMs - nowMs);
      nowMs = endMs;
    }
  };
  await Promise.all(Array.from({ length: callers }, one));
  const took = (performance.now() - startedMs) / 1000;
  return { rowsPerSecond: (durations.length * rowsEach) / took, p99Ms: percentile(durations, 0.99) };
}

/** Queue and host against as many bare loops as the model gets processes. */
export async function queueRounds({ name: model, file, features, seconds, times }: BenchModel): Promise<void> {
  const predictor = predictorOf(null);
  const order = { file, features, seconds };
  // Warm up until all processes are running.
  await drive(predictor, { ...order, callers: 3 * cpus().length * rows, rowsEach: 1, seconds: 3 });
  const processes = processesWith(`serving/host.ts\0${process.pid}\0`).length;
  const bare = startBare(processes);
  const whole = { ...order, callers: 3 * processes, rowsEach: rows };
  const single = { ...order, callers: 3 * processes * rows, rowsEach: 1 };
  const taken = await alternate(times, {
    bare: async () => (await bare.run({ file, dims: [rows, features], seconds })).rowsPerSecond,
    whole: async () => (await drive(predictor, whole)).rowsPerSecond,
    single: async () => (await drive(predictor, single)).rowsPerSecond,
  });
  await predictor.close();
  await bare.stop();
  const name = `${model}, ${processes} process${processes === 1 ? '' : 'es'}`;
  say(`bare loop, ${name}, rows/s`, median(taken.bare), 0);
  say(`queue → host, ${name}, ${rows}-row requests, of bare`, ratio(taken.whole, taken.bare));
  say(`queue → host, ${name}, single rows, of bare`, ratio(taken.single, taken.bare));
}

/** 32 callers with a row each: batched against unbatched. */
export async function batchingRounds(file: string, features: number, seconds: number, times: number): Promise<void> {
  const [alone, together] = [predictorOf(1, 1), predictorOf(1)];
  const order = { file, features, seconds, callers: rows, rowsEach: 1 };
  const p99 = { alone: [] as number[], together: [] as number[] };
  const round = (predictor: Predictor, into: number[]) => async () => {
    const { rowsPerSecond, p99Ms } = await drive(predictor, order);
    into.push(p99Ms);
    return rowsPerSecond;
  };
  for (const predictor of [alone, together]) await drive(predictor, { ...order, seconds: 1 });
  const taken = await alternate(times, { alone: round(alone, p99.alone), together: round(together, p99.together) });
  await alone.close();
  await together.close();
  say('32 clients, batched over unbatched, rows/s', ratio(taken.together, taken.alone));
  say('32 clients, unbatched p99 ms', median(p99.alone));
  say('32 clients, batched p99 ms', median(p99.together));
}
