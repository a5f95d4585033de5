import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from './run.ts';
import { isSabotage, sabotages } from './sabotage.ts';

/** `npm run chaos -- --schedules N --seed S`. docs/reliability.md describes the options. */
const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    batch: { type: 'string', default: '20' },
    parallel: { type: 'string', default: '2' },
    outages: { type: 'string', default: '1' },
    'late-after-ms': { type: 'string', default: '10000' },
    'real-runner': { type: 'boolean', default: false },
    sabotage: { type: 'string' },
    only: { type: 'string' },
    shrink: { type: 'string' },
    stories: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    out: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const { sabotage = null } = values;
if (sabotage !== null && !isSabotage(sabotage)) throw new Error(`--sabotage is one of ${sabotages.join(', ')}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const report = await run({
  schedules: Number(values.schedules),
  seed: Number(values.seed),
  batchSize: Number(values.batch),
  parallel: Number(values.parallel),
  machines: values['real-runner'] ? 'runner' : 'scripted',
  // Sabotage runs prove that violations are detected, so the first violation suffices.
  stopAtFirst: sabotage !== null,
  outages: sabotage === null ? Number(values.outages) : 0,
  lateAfterMs: Number(values['late-after-ms']),
  shrinkMs: Number(values.shrink ?? (sabotage === null ? 600 : 0)) * 1000,
  only: values.only === undefined ? null : values.only.split(',').map(Number),
  sabotage,
  tellAll: values.stories,
  keep: values.keep,
  say: (line) => (values.json ? process.stderr : process.stdout).write(`${line}\n`),
});
if (values.out !== undefined) {
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(report, null, 2)}\n`);
}
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(report.found.length > 0 ? 1 : 0);
