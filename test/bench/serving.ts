/**
 * `node test/bench/serving.ts [seconds per round] [rounds]`: what serving costs over a bare loop of onnxruntime-node and
 * over an empty Express route. Starts a stack of its own; rounds of both alternate, and ratios are medians over them.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStack } from '../support/stack.ts';
import { batchHttpRounds, register, singleHttpRounds } from './serving/http.ts';
import { denseNetwork } from './serving/network.ts';
import { batchingRounds, queueRounds } from './serving/queue.ts';
import { allResults } from './serving/report.ts';

const seconds = Number(process.argv[2] ?? 2);
const times = Number(process.argv[3] ?? 7);
const features = 128;
const folder = mkdtempSync(join(tmpdir(), 'artenic-bench-'));
try {
  const large = denseNetwork([features, 1024, 1024, 10]);
  const small = denseNetwork([16, 64, 2]);
  const [largeFile, smallFile] = [join(folder, 'large.onnx'), join(folder, 'small.onnx')];
  writeFileSync(largeFile, large);
  writeFileSync(smallFile, small);
  const cores = cpus().length;
  for (const processes of new Set([1, cores])) await queueRounds(largeFile, features, processes, seconds, times);
  await batchingRounds(largeFile, features, seconds, times);
  for (const processes of new Set([1, cores])) {
    const stack = createStack({ ARTENIC_MODEL_PROCESSES: String(processes) });
    try {
      await stack.start();
      await register(stack, 'large', large);
      await batchHttpRounds(stack, { file: largeFile, features, processes, seconds, times });
      if (processes > 1) continue;
      await register(stack, 'small', small);
      await singleHttpRounds(stack, smallFile, seconds, times);
    } finally {
      await stack.destroy();
    }
  }
  const machine = { cores, cpu: cpus()[0]?.model, node: process.version };
  console.log(JSON.stringify({ ...machine, seconds, times, ...allResults() }, null, 2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
