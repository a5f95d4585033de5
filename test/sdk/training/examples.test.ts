import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { jobFileSchema } from '@artenic/core';
import { withFolder } from './folder.ts';
import { isFull } from '../../support/share.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

type Example = {
  readonly name: string;
  /** Settings that make the test short. */
  readonly config: object;
  /** Output that must be identical when the run was interrupted. */
  readonly output: string;
  /** Line printed after the first checkpoint. */
  readonly firstCheckpoint: RegExp;
  readonly goesOn: RegExp;
};

const examples: readonly Example[] = [
  {
    name: 'node',
    config: { epochs: 40, patience: 40 },
    output: 'model.onnx',
    firstCheckpoint: /epoch 3:/,
    goesOn: /going on from step \d+/,
  },
  {
    name: 'scikit-learn',
    config: { epochs: 12 },
    output: 'model.json',
    firstCheckpoint: /epoch 2:/,
    goesOn: /going on after epoch/,
  },
  // Its packages are 5 GB, so only a full run installs them.
  ...(isFull
    ? [
        {
          name: 'pytorch',
          config: { epochs: 12 },
          output: 'weights.json',
          firstCheckpoint: /epoch 2:/,
          goesOn: /going on after epoch/,
        },
      ]
    : []),
];

/** Copies the package to a folder of its own, beside the platform's modules, and runs its setup. */
async function prepare(name: string, folder: string) {
  const job = jobFileSchema.parse(parse(readFileSync(join(root, 'examples', name, 'artenic.yaml'), 'utf8')));
  const code = join(folder, 'package');
  cpSync(join(root, 'examples', name), code, { recursive: true, filter: (path) => !path.endsWith('.venv') });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  if (job.setup !== undefined) expect(await run(String(job.setup), code, {})).toMatchObject({ code: 0 });
  return { job, code };
}

async function run(
  command: string,
  cwd: string,
  variables: Readonly<Record<string, string>>,
  onText?: (text: string) => void,
) {
  const env = { PATH: `${join(process.execPath, '..')}:${process.env['PATH']}`, PYTHONUNBUFFERED: '1', ...variables };
  const child = spawn('/bin/sh', ['-c', command], { cwd, env });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      onText?.(text);
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}

test.each(examples)(
  '$name learns, and a run that was asked to stop goes on to the same end',
  async ({ name, config, output, firstCheckpoint, goesOn }) => {
    await withFolder(async (folder) => {
      const { job, code } = await prepare(name, folder);
      writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...job.config, ...config }));
      const attempt = async (place: string, onText?: (text: string) => void) => {
        const parts = ['checkpoints', 'outputs', 'data'].map((part) => join(folder, place, part));
        for (const part of parts) mkdirSync(part, { recursive: true });
        const [checkpoints = '', outputs = '', data = ''] = parts;
        const variables = {
          ARTENIC_CONFIG_FILE: join(folder, 'config.json'),
          ARTENIC_CHECKPOINT_DIR: checkpoints,
          ARTENIC_OUTPUT_DIR: outputs,
          ARTENIC_DATA_DIR: data,
          ARTENIC_METRICS_FILE: join(folder, place, 'metrics.jsonl'),
          ARTENIC_STOP_FILE: join(folder, place, 'stop'),
        };
        return run(String(job.command), code, variables, onText);
      };
      const straight = await attempt('straight');
      expect(straight).toMatchObject({ code: 0 });
      const lines = readFileSync(join(folder, 'straight', 'metrics.jsonl'), 'utf8')
        .trim()
        .split('\n');
      const last = JSON.parse(lines.at(-1) ?? '') as { readonly progress: number; readonly val_accuracy: number };
      expect(last.progress).toBe(1);
      expect(last.val_accuracy).toBeGreaterThan(0.9);

      const stopped = await attempt('cut', (text) => {
        if (firstCheckpoint.test(text)) writeFileSync(join(folder, 'cut', 'stop'), 'drained\n');
      });
      expect(stopped).toMatchObject({ code: 0, text: expect.stringMatching(/stop/) });
      expect(readdirSync(join(folder, 'cut', 'outputs'))).toEqual([]);
      rmSync(join(folder, 'cut', 'stop'));
      const rest = await attempt('cut');
      expect(rest).toMatchObject({ code: 0, text: expect.stringMatching(goesOn) });
      const read = (place: string) => readFileSync(join(folder, place, 'outputs', output), 'hex');
      expect(read('cut')).toBe(read('straight'));
    });
  },
  900_000,
);
