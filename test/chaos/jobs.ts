import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packFolder } from '../../cli/job-file/pack.ts';
import type { Stack } from '../support/stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Counts to `total`, with a line and a checkpoint for each number; a resumed run continues after the newest checkpoint.
 * Its model is the fold of all numbers, so a lost or repeated step shows. Standard library only.
 */
const counter = `
import hashlib, json, os, time
config = json.load(open(os.environ['ARTENIC_CONFIG_FILE']))
folder = os.environ['ARTENIC_CHECKPOINT_DIR']
step, state = 0, 'start'
names = sorted(name for name in os.listdir(folder) if name.startswith('step-') and name.endswith('.json'))
if names:
    saved = json.load(open(os.path.join(folder, names[-1])))
    step, state = saved['step'], saved['state']
metrics = open(os.environ['ARTENIC_METRICS_FILE'], 'a')
print('from', step, flush=True)
while step < config['total'] and not os.path.exists(os.environ['ARTENIC_STOP_FILE']):
    step += 1
    state = hashlib.sha256(f'{state}:{step}'.encode()).hexdigest()
    print('line', step, flush=True)
    if 'trace' in config:
        with open(config['trace'], 'a') as trace:
            trace.write(f"{os.environ['ARTENIC_ATTEMPT']} {step}\\n")
    metrics.write(json.dumps({'step': step, 'loss': 1 / step, 'progress': step / config['total']}) + '\\n')
    metrics.flush()
    if step % config['every'] == 0:
        path = os.path.join(folder, f'step-{step:06d}.json')
        with open(path + '.tmp', 'w') as file:
            json.dump({'step': step, 'state': state}, file)
        os.rename(path + '.tmp', path)
    time.sleep(config['delay'])
if step < config['total']:
    raise SystemExit(0 if os.path.exists(os.environ['ARTENIC_STOP_FILE']) else 1)
open(os.path.join(os.environ['ARTENIC_OUTPUT_DIR'], 'result.json'), 'w').write(json.dumps({'step': step, 'state': state}))
`;

/** `trace`: a file outside the platform, to which the training logs each printed line. */
export type CounterConfig = {
  readonly total: number;
  readonly every: number;
  readonly delay: number;
  readonly trace?: string;
};

/** Result that the counter must write at its end. */
export function counterResult(total: number): { readonly step: number; readonly state: string } {
  let state = 'start';
  for (let step = 1; step <= total; step++) state = createHash('sha256').update(`${state}:${step}`).digest('hex');
  return { step: total, state };
}

export function counterJob(
  config: CounterConfig,
  labels: Readonly<Record<string, string>> = {},
): Record<string, unknown> {
  return { service: 'chaos', labels, config, command: ['python3', '-c', counter], stopGraceSeconds: 2 };
}

/** Uploads package and data of the penguins example and returns the job that trains it. */
export async function penguinsJob(
  stack: Stack,
  config: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const packed = await packFolder(join(root, 'examples/penguins'));
  const data = readFileSync(join(root, 'node_modules/vega-datasets/data/penguins.json'));
  const dataSha256 = createHash('sha256').update(data).digest('hex');
  const binary = { 'content-type': 'application/octet-stream' };
  await stack.request('PUT', `/api/v1/objects/packages/${packed.sha256}`, packed.bytes, binary);
  await stack.request('PUT', `/api/v1/objects/data/${dataSha256}`, data, binary);
  return {
    service: 'penguins',
    package: { sha256: packed.sha256 },
    data: [{ name: 'penguins.json', sha256: dataSha256 }],
    command: 'node train.ts',
    config,
    stopGraceSeconds: 5,
    outputs: { model: { path: 'model.onnx' } },
  };
}
