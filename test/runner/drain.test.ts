import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { checkpointManifestSchema, objectKeys, type CheckpointManifest } from '@artenic/core';
import { poll } from '../support/poll.ts';
import { World, type Attempt } from './world.ts';

const world = new World();
afterAll(() => world.destroy());

const secret = 'a-secret-value';
const linesBefore = 500;
const linesAfter = 12_000;

/** Writes, waits for `go`, writes more, creates the file `wrote`, and then runs on for a long time. */
const twice = [
  'python3',
  '-c',
  `
import json, os, time
checkpoints = os.environ['ARTENIC_CHECKPOINT_DIR']
metrics = open(os.environ['ARTENIC_METRICS_FILE'], 'a', buffering=1)
def work(first, last, names):
    for i in range(first, last + 1):
        print('line', i, os.environ['TOKEN'])
        metrics.write(json.dumps({'step': i}) + '\\n')
    print(end='', flush=True)
    for name in names:
        with open(os.path.join(checkpoints, name + '.tmp'), 'w') as file: file.write(name)
        os.rename(file.name, os.path.join(checkpoints, name))
work(1, ${linesBefore}, ['a', 'b', 'c', 'd', 'e'])
while not os.path.exists('go'): time.sleep(0.02)
work(${linesBefore + 1}, ${linesAfter}, ['f', 'g'])
open(os.path.join(checkpoints, 'half.tmp'), 'w').write('half')
print('the end', end='', flush=True)
open('wrote', 'w').close()
time.sleep(100)
`,
];

/** A runner that was killed after it had shipped the first part and nothing of the second. */
async function killed(): Promise<Attempt> {
  const attempt = await world.start({ job: { command: twice, secrets: ['TOKEN'] }, secrets: { TOKEN: secret } });
  await attempt.logged(`line ${linesBefore} `);
  await poll('five checkpoints, and only the last three kept', 20_000, () =>
    attempt.api.checkpoints.length === 5 && names(stored(attempt)).join('') === 'cde' ? true : null,
  );
  attempt.child.kill('SIGSTOP');
  writeFileSync(join(attempt.folder, 'package/go'), '');
  await poll('the second part', 20_000, () => (existsSync(join(attempt.folder, 'package/wrote')) ? true : null));
  await attempt.crash();
  expect(attempt.api.text('logs/training')).not.toContain(`line ${linesAfter} `);
  return attempt;
}

function stored(attempt: Attempt): readonly CheckpointManifest[] {
  const folder = attempt.object(objectKeys.checkpointPrefix(attempt.bootstrap.jobId));
  return readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name, 'manifest.json'))
    .filter((path) => existsSync(path))
    .map((path) => checkpointManifestSchema.parse(JSON.parse(readFileSync(path, 'utf8'))));
}
const names = (manifests: readonly CheckpointManifest[]): readonly string[] => manifests.map(({ name }) => name);

function expectAllDelivered({ api }: Attempt): void {
  expect(api.violations).toEqual([]);
  const lines = Array.from({ length: linesAfter }, (_, index) => `line ${index + 1} ***\n`).join('');
  // Not `toBe`: its message would contain a difference of a megabyte.
  expect(api.text('logs/training') === `${lines}the end`).toBe(true);
  const steps = Array.from({ length: linesAfter }, (_, index) => `{"step": ${index + 1}}\n`).join('');
  expect(api.text('metrics') === steps).toBe(true);
}

test.concurrent('what a killed runner had not shipped is delivered once, and the newest checkpoints are kept', async () => {
  const attempt = await killed();
  expect(statSync(join(attempt.folder, 'control/token')).mode & 0o777).toBe(0o600);
  expect(await attempt.drain().exitCode).toBe(0);
  expectAllDelivered(attempt);
  expect(stored(attempt).map(({ name, sequence }) => [name, sequence])).toEqual([
    ['e', 5],
    ['f', 6],
    ['g', 7],
  ]);
  expect(names(attempt.api.checkpoints)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  expect(attempt.api.events.map((event) => event.kind)).toEqual(['phase']);
  expect(attempt.hasMarker()).toBe(false);
  expect(existsSync(join(attempt.folder, 'control'))).toBe(false);
  expect(readFileSync(attempt.file, 'utf8')).not.toContain(attempt.bootstrap.bootstrapToken);
  const calls = attempt.api.calls.length;
  expect(await attempt.drain().exitCode).toBe(0);
  expect(attempt.api.calls).toHaveLength(calls);
}, 60_000);

test.concurrent('checkpoints do not wait for the API; the rest does, also when answers are lost and it is killed itself', async () => {
  const attempt = await killed();
  await attempt.api.down();
  const first = attempt.drain();
  await poll('the checkpoints', 20_000, () => (names(stored(attempt)).join('') === 'efg' ? true : null));
  let answers = 0;
  attempt.api.losesAnswer = () => ++answers % 2 === 0;
  await attempt.api.up();
  await poll('a piece of the drain', 20_000, () =>
    attempt.api.calls.includes('metrics') && answers > 2 ? true : null,
  );
  first.child.kill('SIGKILL');
  await first.exitCode;
  expect(await attempt.drain().exitCode).toBe(0);
  expectAllDelivered(attempt);
  expect(names(stored(attempt))).toEqual(['e', 'f', 'g']);
}, 60_000);

test.concurrent('a newer attempt has taken over: the checkpoints are kept, nothing is shipped', async () => {
  const attempt = await killed();
  const before = attempt.api.text('logs/training');
  attempt.api.fencedPaths = ['*'];
  expect(await attempt.drain().exitCode).toBe(0);
  expect(names(stored(attempt))).toEqual(['e', 'f', 'g']);
  expect(attempt.api.text('logs/training')).toBe(before);
  expect(existsSync(join(attempt.folder, 'control'))).toBe(false);
}, 60_000);

test.concurrent('a runner that was killed in its setup', async () => {
  const attempt = await world.start({ job: { setup: 'echo preparing; sleep 100', command: 'touch ran' } });
  await attempt.logged('preparing\n', 'logs/setup');
  attempt.child.kill('SIGSTOP');
  writeFileSync(join(attempt.folder, 'logs/setup.log'), 'more\n', { flag: 'a' });
  await attempt.crash();
  expect(await attempt.drain().exitCode).toBe(0);
  expect(attempt.api.text('logs/setup')).toBe('preparing\nmore\n');
  expect(existsSync(join(attempt.folder, 'package/ran'))).toBe(false);
});

test.concurrent('nothing to do: after a normal end, and when nothing ever began', async () => {
  const done = await world.run({ job: { command: 'echo done' } });
  const calls = done.api.calls.length;
  expect(await done.drain().exitCode).toBe(0);
  expect(done.api.calls).toHaveLength(calls);

  const never = await world.start({ job: { command: 'true' }, isApiUp: false });
  await never.crash();
  await never.api.up();
  expect(await never.drain().exitCode).toBe(0);
  expect(never.api.calls).toEqual([]);
});
