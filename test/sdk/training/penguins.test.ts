import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { parse } from 'yaml';
import { filesOfData, jobFileSchema } from '@artenic/core';
import { decodeModel, modelLabels } from '@artenic/training';
import { columns, readPenguins } from '../../../examples/penguins/penguins.ts';
import { withFolder } from './folder.ts';

const example = fileURLToPath(new URL('../../../examples/penguins/', import.meta.url));
const jobFile = jobFileSchema.parse(parse(readFileSync(join(example, 'artenic.yaml'), 'utf8')));
const dataFile = join(example, filesOfData(jobFile.data)[0]?.file ?? '');

type Outcome = {
  readonly code: number | null;
  readonly text: string;
  /** Content of the metrics file. */
  readonly metrics: string;
};

/** Runs the job's command like the runner does. `onOutput` gets all output so far. */
async function runExample(folder: string, config: object, onOutput?: (text: string) => void): Promise<Outcome> {
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...jobFile.config, ...config }));
  for (const name of ['outputs', 'checkpoints']) mkdirSync(join(folder, name), { recursive: true });
  const [program = '', ...parameters] = String(jobFile.command).split(' ');
  const child = spawn(program === 'node' ? process.execPath : program, parameters, {
    cwd: example,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      ARTENIC_CONFIG_FILE: join(folder, 'config.json'),
      ARTENIC_DATA_DIR: dirname(dataFile),
      ARTENIC_CHECKPOINT_DIR: join(folder, 'checkpoints'),
      ARTENIC_OUTPUT_DIR: join(folder, 'outputs'),
      ARTENIC_METRICS_FILE: join(folder, 'metrics.jsonl'),
      ARTENIC_STOP_FILE: join(folder, 'stop'),
    },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      onOutput?.(text);
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text, metrics: readFileSync(join(folder, 'metrics.jsonl'), 'utf8') };
}

test('the example tells held-out penguins apart, and its model says the right species from raw values', async () => {
  await withFolder(async (folder) => {
    const { code, text, metrics } = await runExample(folder, {});
    expect({ code, text }).toMatchObject({ code: 0, text: expect.stringMatching(/342 penguins; 2 left out because/) });
    const lines = metrics.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(100);
    const last = JSON.parse(lines.at(-1) ?? '') as Readonly<Record<string, number>>;
    expect(last['val_accuracy']).toBeGreaterThanOrEqual(0.95);
    expect(last['progress']).toBe(1);

    const bytes = readFileSync(join(folder, 'outputs', 'model.onnx'));
    expect(modelLabels(decodeModel(bytes))).toEqual(['Adelie', 'Chinstrap', 'Gentoo']);
    const session = await InferenceSession.create(bytes);
    const { penguins } = readPenguins(dataFile);
    const feeds = columns.map(({ name, kind }) => {
      const values = penguins.map(({ row }) => row[name]);
      const shape = [penguins.length, 1];
      if (kind === 'categorical') return [name, new Tensor('string', values.map(String), shape)] as const;
      return [name, new Tensor('float32', Float32Array.from(values, Number), shape)] as const;
    });
    const said = (await session.run(Object.fromEntries(feeds)))['label']?.data as string[];
    await session.release();
    const right = penguins.filter(({ species }, index) => species === said[index]).length;
    expect(right / penguins.length).toBeGreaterThanOrEqual(0.98);
  });
});

test('the stop file ends it with a checkpoint and no model; started again it ends with the same model', async () => {
  await withFolder(async (folder) => {
    const config = { epochs: 20 };
    const whole = join(folder, 'whole');
    const parts = join(folder, 'parts');
    for (const path of [whole, parts]) mkdirSync(path);
    await runExample(whole, config);
    const stopped = await runExample(parts, { ...config, stepDelayMs: 5 }, (text) => {
      if (text.includes('epoch 10/')) writeFileSync(join(parts, 'stop'), '');
    });
    expect(stopped.code).toBe(0);
    expect(stopped.text).toMatch(/stopped at step \d+; the checkpoint is written/);
    expect(readdirSync(join(parts, 'outputs'))).toEqual([]);
    rmSync(join(parts, 'stop'));
    const resumed = await runExample(parts, config);
    expect(resumed.text).toMatch(/going on from step \d+/);
    const model = (path: string) => readFileSync(join(path, 'outputs', 'model.onnx'));
    expect(Buffer.compare(model(parts), model(whole))).toBe(0);
  });
});

test('a loss that becomes NaN fails the job, with the last metric in the file', async () => {
  await withFolder(async (folder) => {
    const { code, text, metrics } = await runExample(folder, { learningRate: 1e9, epochs: 2000 });
    expect(code).toBe(1);
    expect(text).toMatch(/(loss|gradient norm) is (NaN|Infinity) at step \d+, epoch \d+: lower the learning rate/);
    expect(metrics.trimEnd().split('\n').at(-1)).toMatch(/"loss":(NaN|Infinity)/);
    expect(readdirSync(join(folder, 'outputs'))).toEqual([]);
  });
});
