import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { checkpointManifestSchema, manifestAt, objectKeys, type CheckpointManifest } from '@artenic/core';
import { poll } from '../support/poll.ts';
import { World, type Attempt } from './world.ts';

const world = new World();
afterAll(() => world.destroy());

/** A job's stored checkpoints, newest first, as the API passes them to the next attempt. */
function stored(jobId: string): CheckpointManifest[] {
  const folder = join(world.objects, objectKeys.checkpointPrefix(jobId));
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .toSorted()
    .toReversed()
    .map((name) => join(folder, name, 'manifest.json'))
    .filter((path) => existsSync(path))
    .map((path) => checkpointManifestSchema.parse(JSON.parse(readFileSync(path, 'utf8'))));
}

/** Writes `count` checkpoints, each after the upload of the previous one, as a folder or as a file. */
const writer = (count: number, isFolder: boolean): string => `
cd "$ARTENIC_CHECKPOINT_DIR"
for n in $(seq ${count}); do
  ${isFolder ? 'mkdir -p .new/deep; echo weights $n > .new/deep/weights; echo $n > .new/step; mv .new step-$n' : 'echo $n > step-$n.tmp; mv step-$n.tmp step-$n'}
  while [ ! -e ../uploaded-$n ]; do sleep 0.02; done
done`;

async function upload(attempt: Attempt, count: number): Promise<void> {
  for (let n = 1; n <= count; n++) {
    await poll(`checkpoint ${n}`, 15_000, () => (attempt.api.checkpoints.length >= n ? true : null));
    writeFileSync(join(attempt.folder, `uploaded-${n}`), '');
  }
}

test.concurrent('checkpoints are uploaded as they appear and the last three are kept', async () => {
  const attempt = await world.start({ job: { command: writer(5, true) } });
  await upload(attempt, 5);
  expect(await attempt.end()).toBe(0);
  const { jobId } = attempt.bootstrap;
  expect(attempt.api.checkpoints.map(({ name, sequence }) => [name, sequence])).toEqual(
    [1, 2, 3, 4, 5].map((n) => [`step-${n}`, n]),
  );
  expect(stored(jobId).map(({ name }) => name)).toEqual(['step-5', 'step-4', 'step-3']);
  expect(readdirSync(join(world.objects, objectKeys.checkpointPrefix(jobId)))).toHaveLength(3);
  expect(stored(jobId)[0]?.files.map(({ path }) => path)).toEqual(['deep/weights', 'step']);
});

test.concurrent('the next attempt starts with the newest, and does not upload it again', async () => {
  const first = await world.start({ job: { command: writer(2, true) } });
  await upload(first, 2);
  await first.end();
  const { jobId } = first.bootstrap;
  const command = 'cd "$ARTENIC_CHECKPOINT_DIR"; ls -A; cat step-2/deep/weights; sleep 0.5; echo 3 > step-3';
  const second = await world.run({ jobId, attempt: 2, checkpoints: stored(jobId), job: { command } });
  expect(second.api.text('logs/training')).toBe('[artenic] resuming from checkpoint step-2\nstep-2\nweights 2\n');
  expect(second.api.events[0]).toMatchObject({ kind: 'phase', phase: 'training', restoredFrom: 'step-2' });
  expect(second.api.checkpoints.map(({ name, attempt, directory }) => [name, attempt, directory])).toEqual([
    ['step-3', 2, false],
  ]);
});

test.concurrent.each([true, false])('a damaged one is passed over for the one before, folder: %s', async (isFolder) => {
  const first = await world.start({ job: { command: writer(3, isFolder) } });
  await upload(first, 3);
  await first.end();
  const { jobId } = first.bootstrap;
  const [newest, middle, oldest] = stored(jobId);
  truncateSync(join(world.objects, newest?.files[0]?.key ?? ''), 1);
  const next = async (attempt: number): Promise<Attempt> =>
    world.run({ jobId, attempt, checkpoints: stored(jobId), job: { command: 'ls -A "$ARTENIC_CHECKPOINT_DIR"' } });
  const second = await next(2);
  expect(second.api.events[0]).toMatchObject({ restoredFrom: 'step-2' });
  expect(second.api.text('logs/training')).toMatch(
    /step-3 of attempt 1 is not whole .*trying the one before\n\[artenic\] resuming from checkpoint step-2\nstep-2\n$/,
  );
  rmSync(join(world.objects, middle?.files[0]?.key ?? ''));
  writeFileSync(join(world.objects, oldest?.files[0]?.key ?? ''), 'changed');
  const third = await next(3);
  expect(third.api.events[0]).toMatchObject({ restoredFrom: null });
  expect(third.api.text('logs/training')).toMatch(/no whole checkpoint is left: starting from the beginning\n$/);
});

test.concurrent('the last one is in storage before the verdict, although the API is away', async () => {
  const command =
    'echo on; while [ ! -e go ]; do sleep 0.02; done; cd "$ARTENIC_CHECKPOINT_DIR"; echo 1 > a; echo 2 > b; echo x > .c; echo x > d.tmp; ln -s a latest';
  const attempt = await world.start({ job: { command } });
  await attempt.logged('on');
  await attempt.api.down();
  writeFileSync(join(attempt.folder, 'package/go'), '');
  await poll('the verdict', 15_000, () => (attempt.hasMarker() ? true : null));
  expect(stored(attempt.bootstrap.jobId).map(({ name }) => name)).toEqual(['b', 'a']);
  await attempt.api.up();
  expect(await attempt.end()).toBe(0);
  expect(attempt.api.checkpoints.map(({ name }) => name)).toEqual(['a', 'b']);
});

test.concurrent('a checkpoint that is written again under its name is a new one', async () => {
  const command = `cd "$ARTENIC_CHECKPOINT_DIR"
for n in 1 2; do echo $n > last.tmp; mv last.tmp last; while [ ! -e ../uploaded-$n ]; do sleep 0.02; done; done`;
  const attempt = await world.start({ job: { command } });
  await upload(attempt, 2);
  expect(await attempt.end()).toBe(0);
  const [newest, before] = stored(attempt.bootstrap.jobId);
  const content = (manifest: CheckpointManifest | undefined): string =>
    readFileSync(join(world.objects, manifest?.files[0]?.key ?? ''), 'utf8');
  expect([content(before), content(newest)]).toEqual(['1\n', '2\n']);
});

const replacing = (lines: string): string[] => [
  'python3',
  '-c',
  `import os, signal, time
folder = os.path.join(os.environ['ARTENIC_CHECKPOINT_DIR'], 'last')
def uploaded(n):
  while not os.path.exists(folder + '/../../uploaded-' + str(n)): time.sleep(0.02)
def replace(step):
  path = folder + '/state/step'; open(path + '.new', 'w').write(step); os.replace(path + '.new', path)
os.makedirs(folder + '.tmp/state'); open(folder + '.tmp/state/step', 'w').write('1'); os.rename(folder + '.tmp', folder)
uploaded(1)
${lines}`,
];

test.concurrent('a folder whose files are replaced in place is kept when it is still, and the log says so', async () => {
  const attempt = await world.start({ job: { command: replacing("replace('2'); uploaded(2)") } });
  await upload(attempt, 2);
  expect(await attempt.end()).toBe(0);
  const [newest, before] = stored(attempt.bootstrap.jobId);
  const content = (manifest: CheckpointManifest | undefined): string =>
    readFileSync(join(world.objects, manifest?.files[0]?.key ?? ''), 'utf8');
  expect([content(before), content(newest)]).toEqual(['1', '2']);
  expect(attempt.api.text('logs/training')).toMatch(/checkpoint last is changed in place: it is kept when it is still/);
});

test.concurrent.each([
  ['by itself, it is kept', '', 2],
  [
    'by a signal, it may be half written: it is not kept, and the log says so',
    'os.kill(os.getpid(), signal.SIGKILL)',
    1,
  ],
])('what was just changed in place when the command ended %s', async (_name, end, count) => {
  const attempt = await world.start({ job: { command: replacing(`replace('2')\n${end}`) } });
  await upload(attempt, 1);
  expect(await attempt.end()).toBe(0);
  expect(stored(attempt.bootstrap.jobId)).toHaveLength(count);
  const said = attempt.api
    .text('logs/training')
    .includes('was being changed in place at the end: its last state is not kept');
  expect(said).toBe(count === 1);
});

test.concurrent('a checkpoint whose list is too long for a manifest is refused with a word, before anything is sent', async () => {
  const command = [
    'python3',
    '-c',
    `import os
root = os.environ['ARTENIC_CHECKPOINT_DIR']; path = root + '/many.tmp' + ('/' + 'd' * 240) * 14
os.makedirs(path)
here = os.open(path, os.O_RDONLY)
for i in range(1300): os.close(os.open(str(i), os.O_CREAT | os.O_WRONLY, dir_fd=here))
os.rename(root + '/many.tmp', root + '/many')`,
  ];
  const attempt = await world.run({ job: { command } });
  expect(stored(attempt.bootstrap.jobId)).toEqual([]);
  expect(attempt.api.text('logs/training')).toMatch(
    /checkpoint many could not be kept: the list of its 1300 files has \d+ bytes, more than 4000000: write fewer/,
  );
  expect(existsSync(join(world.objects, objectKeys.checkpoint(attempt.bootstrap.jobId, 1, 1)))).toBe(false);
});

test.concurrent('long and odd names are restored as they were; names that are no text are told', async () => {
  const odd = `${'n'.repeat(250)} ü%`;
  const write = `import os; root = os.environ['ARTENIC_CHECKPOINT_DIR'].encode()
os.makedirs(root + b'/.a/' + b'/'.join([b'p' * 200] * 6)); open(root + b'/.a/' + b'/'.join([b'p' * 200] * 6) + '/${odd}'.encode()[:256], 'w').write('deep')
os.rename(root + b'/.a', root + b'/step-1')
os.mkdir(root + b'/.b'); open(root + b'/.b/\\xe9', 'w'); os.rename(root + b'/.b', root + b'/step-2'); open(root + b'/\\xe9', 'w')`;
  const first = await world.run({ job: { command: ['python3', '-c', write.replaceAll('\\\\', '\\')] } });
  const log = first.api.text('logs/training');
  expect(log).toContain('checkpoint step-2 could not be kept: the name of its file %E9 is not plain UTF-8');
  expect(log).toContain('checkpoint %E9 is not kept: its name is not plain UTF-8');
  const { jobId } = first.bootstrap;
  const command = 'cd "$ARTENIC_CHECKPOINT_DIR"; find step-1 -type f | wc -c; cat $(find step-1 -type d | tail -1)/*';
  const second = await world.run({ jobId, attempt: 2, checkpoints: stored(jobId), job: { command } });
  expect(second.api.text('logs/training')).toMatch(/resuming from checkpoint step-1\n\d{4}\ndeep$/);
});

test('a manifest holds to its own checkpoint: keys, paths, place, hash and length', () => {
  const key = objectKeys.checkpointManifest('job', 2, 3);
  const file = { path: 'a/b', key: `${objectKeys.checkpoint('job', 2, 3)}files/0`, bytes: 1, sha256: '0'.repeat(64) };
  const text = (change: object, ofFile: object = {}): string =>
    JSON.stringify({
      ...{ jobId: 'job', attempt: 2, sequence: 3, name: 'step-1', directory: true },
      ...{ files: [{ ...file, ...ofFile }], createdAt: new Date().toISOString(), ...change },
    });
  expect(manifestAt(key, text({}))?.files).toEqual([file]);
  expect(manifestAt(key, text({}, { key: `${objectKeys.spares('job', 2)}x` }))).not.toBeNull();
  const wrong: readonly (readonly [object, object?])[] = [
    ...['../x', '..', 'a/../../x', '/etc/x', 'a//b', './a', '', 'a\0b', '\ud800'].map(
      (path) => [{}, { path }] as const,
    ),
    ...[
      '../hostfile',
      objectKeys.data('0'.repeat(64)),
      objectKeys.checkpoint('job', 2, 4),
      objectKeys.spares('job', 1),
    ].map((other) => [{}, { key: `${other}x` }] as const),
    [{}, { key: `${objectKeys.checkpoint('job', 2, 3)}../../../x` }],
    [{}, { bytes: -1 }],
    [{}, { sha256: 'A'.repeat(64) }],
    ...['../x', 'a/b', '..', '/', ''].map((name) => [{ name }] as const),
    ...[{ jobId: 'other' }, { attempt: 1 }, { sequence: 4 }].map((place) => [place, { key: 'x' }] as const),
  ];
  for (const [change, ofFile] of wrong)
    expect([change, ofFile, manifestAt(key, text(change, ofFile))]).toEqual([change, ofFile, null]);
  expect(manifestAt(objectKeys.checkpointManifest('job', 2, 4), text({}))).toBeNull();
  expect(manifestAt(key, 'no JSON')).toBeNull();
});
