/**
 * `node test/bench/serving.ts [seconds per round] [rounds]`: overhead of serving over a bare loop of onnxruntime-node
 * and over an empty Express route. Starts stacks with default settings; the number of bare loops equals the number of
 * processes that the model then has. Rounds of both alternate, and ratios are medians over the rounds.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStack, type Stack } from '../support/stack.ts';
import { batchHttpRounds, register, singleHttpRounds } from './serving/http.ts';
import { denseNetwork } from './serving/network.ts';
import { batchingRounds, queueRounds } from './serving/queue.ts';
import { allResults } from './serving/report.ts';

async function withStack(use: (stack: Stack) => Promise<void>): Promise<void> {
  const stack = createStack();
  try {
    await stack.start();
    await use(stack);
  } finally {
    await stack.destroy();
  }
}

const seconds = Number(process.argv[2] ?? 2);
const times = Number(process.argv[3] ?? 7);
const features = 128;
/**
 * 32 rows take 1 ms in the first network and 10 ms in the second: the platform gives each as many processes as help it.
 */
const networks = { large: [features, 1024, 1024, 10], wide: [features, 3072, 3072, 10] };
const folder = mkdtempSync(join(tmpdir(), 'artenic-bench-'));
try {
  const save = (name: string, bytes: Uint8Array): string => {
    const file = join(folder, `${name}.onnx`);
    writeFileSync(file, bytes);
    return file;
  };
  const models = Object.entries(networks).map(([name, sizes]) => {
    const bytes = denseNetwork(sizes);
    return { name, bytes, file: save(name, bytes), features, seconds, times };
  });
  for (const model of models) await queueRounds(model);
  await batchingRounds(join(folder, 'large.onnx'), features, seconds, times);
  for (const model of models) await withStack((stack) => batchHttpRounds(stack, model));
  await withStack(async (stack) => {
    const small = denseNetwork([16, 64, 2]);
    await register(stack, 'small', small);
    await singleHttpRounds(stack, save('small', small), seconds, times);
  });
  const machine = { cores: cpus().length, cpu: cpus()[0]?.model, node: process.version };
  console.log(JSON.stringify({ ...machine, seconds, times, ...allResults() }, null, 2));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
