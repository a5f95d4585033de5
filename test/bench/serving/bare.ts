/** A child process with only onnxruntime-node and a loop: the upper limit of this machine. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { percentile } from '../statistics.ts';

export type BareOrder = {
  readonly file: string;
  readonly dims: readonly [rows: number, features: number];
  readonly seconds: number;
};
export type BareReport = { readonly rowsPerSecond: number; readonly p50Ms: number };

const sessions = new Map<string, Promise<InferenceSession>>();

function sessionOf(file: string): Promise<InferenceSession> {
  const known =
    sessions.get(file) ??
    InferenceSession.create(file, { executionMode: 'sequential', intraOpNumThreads: 1, interOpNumThreads: 1 });
  sessions.set(file, known);
  return known;
}

async function run({ file, dims, seconds }: BareOrder): Promise<BareReport> {
  const session = await sessionOf(file);
  const values = Float32Array.from({ length: dims[0] * dims[1] }, (_, index) => Math.sin(index));
  const feed = () => ({ x: new Tensor('float32', values, dims) });
  for (let count = 0; count < 20; count++) await session.run(feed());
  const durations: number[] = [];
  const startedMs = performance.now();
  for (let nowMs = startedMs; nowMs < startedMs + seconds * 1000;) {
    await session.run(feed());
    const endMs = performance.now();
    durations.push(endMs - nowMs);
    nowMs = endMs;
  }
  const tookSeconds = (performance.now() - startedMs) / 1000;
  return { rowsPerSecond: (durations.length * dims[0]) / tookSeconds, p50Ms: percentile(durations, 0.5) };
}

process.on('message', (order: BareOrder) => void run(order).then((report) => process.send?.(report)));
process.once('disconnect', () => process.exit(0));
