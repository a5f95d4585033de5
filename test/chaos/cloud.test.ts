import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { runRecordSchema, type RunRecord } from '../../scripts/docs/reliability-record.ts';
import { compileCache } from '../support/compile-cache.ts';
import { byTurns, isFull, seedOf } from '../support/share.ts';

/** Another seed: `ARTENIC_CHAOS_SEED=7 npm test -- test/chaos/cloud`. The long runs: `npm run chaos`. */
const seed = process.env['ARTENIC_CHAOS_SEED'] ?? String(seedOf('chaos on the simulated cloud'));
const program = fileURLToPath(new URL('cloud/main.ts', import.meta.url));

async function chaos(...options: readonly string[]): Promise<{ code: number | null; record: RunRecord; told: string }> {
  const args = ['--disable-warning=ExperimentalWarning', program, '--json', ...options];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: compileCache() },
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const [out, told, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  const last = out.trimEnd().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) throw new Error(`no last line:\n${told}`);
  return { code, told, record: runRecordSchema.parse(JSON.parse(last)) };
}

/**
 * Other tests run in parallel, and two cores allow a single platform at a time. `npm run chaos` checks the limit of 10
 * s for a platform's return.
 */
const cut = isFull
  ? ['--schedules', '60', '--parallel', '1', '--outages', '2', '--late-after-ms', '60000', '--shrink', '0']
  : ['--schedules', '10', '--outages', '0', '--shrink', '0'];

test(`whatever dies, nothing leaks: seed ${seed}`, async () => {
  const { code, record, told } = await chaos('--seed', seed, ...cut);
  // The message includes the story.
  if (code !== 0) throw new Error(told);
  expect(Object.values(record.violations).every((count) => count === 0)).toBe(true);
  expect(record).toMatchObject({ schedules: isFull ? 60 : 10, found: [], orphanSeconds: 0 });
  // The seed decides how many of ten schedules have a kill.
  expect(Object.keys(record.killsAt).length).toBeGreaterThan(isFull ? 30 : 1);
  expect(record.survived).toEqual(record.faults);
}, 1_500_000);

/** Sabotaged platforms: the schedules of the first batch that expose each one, and the expected violation. */
const proofs = [
  ['no-fence', ['--only', '2,9,10,12,14'], 'zombie-write'],
  ['no-lookup', [], 'double'],
  ['no-reconciler', ['--only', '14'], 'orphan'],
  ['no-silence-check', ['--only', '4'], 'lost'],
  ['io-in-transaction', ['--only', '6'], 'stalled'],
] as const;

test.each(byTurns('sabotages', proofs, 1))(
  'the judge sees what is wrong with %s',
  async (sabotage, only, kind) => {
    const { code, record } = await chaos('--schedules', '20', '--seed', '1', '--sabotage', sabotage, ...only);
    expect(code).toBe(1);
    expect(record.violations[kind]).toBeGreaterThan(0);
  },
  600_000,
);
