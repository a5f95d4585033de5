import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { checkpointManifestSchema, objectKeys } from '@artenic/core';
import { createFilesystemStorage } from '../../activities/storage/filesystem.ts';
import { createOwnUrls } from '../../activities/storage/own-urls.ts';
import { createRunnerStore } from '../../runner/storage/open-store.ts';
import { SourceError } from '../../runner/storage/source-error.ts';
import { poll } from '../support/poll.ts';
import { World, type Attempt } from './world.ts';

const world = new World();
afterAll(() => world.destroy());

const python = (...lines: readonly string[]): string[] => [
  'python3',
  '-c',
  ["import os; out = os.environ['ARTENIC_OUTPUT_DIR'].encode()", ...lines, "print('trained')"].join('\n'),
];
/** Holds for any outputs: one training, one verdict, and it is the training's own. */
function expectVerdict(attempt: Attempt): void {
  expect(attempt.marker()).toMatchObject({ phase: 'training', reason: 'exited', exitCode: 0 });
  expect(attempt.api.events.at(-1)).toMatchObject({ kind: 'exited', exitCode: 0 });
  expect(attempt.api.text('logs/training')).toMatch(/^trained\n/);
}

test.concurrent('file names are bytes: each file is kept under a readable name, or told', async () => {
  const command = python(
    "os.makedirs(out + b'/d\\xe9')",
    "for name in [b'good.txt', b'rapport-\\xe9t\\xe9.csv', b'd\\xe9/inner', b'new\\nline', '\\u00fc n%.txt'.encode()]:",
    "  open(out + b'/' + name, 'wb').write(name)",
    "os.makedirs(out + b'/' + b'/'.join([b'x' * 200] * 4)); open(out + b'/' + b'/'.join([b'x' * 200] * 4) + b'/deep', 'w')",
    "os.symlink('good.txt', out + b'/latest'); os.mkfifo(out + b'/pipe')",
  );
  const attempt = await world.run({ job: { command } });
  expectVerdict(attempt);
  const { outputs, notKept } = attempt.marker();
  const kept = outputs.map(({ path, key }) => [path, readFileSync(attempt.object(key)).toString('latin1')]);
  expect(kept).toEqual([
    ['d%E9/inner', 'd\xe9/inner'],
    ['good.txt', 'good.txt'],
    ['new%0Aline', 'new\nline'],
    ['rapport-%E9t%E9.csv', 'rapport-\xe9t\xe9.csv'],
    ['ü n%.txt', Buffer.from('ü n%.txt').toString('latin1')],
  ]);
  expect(notKept?.count).toBe(3);
  expect(notKept?.files.map(({ path, reason }) => `${path.slice(0, 6)}: ${reason}`)).toEqual([
    'latest: it is a link',
    'pipe: it is not a regular file',
    'xxxxxx: its path is longer than 512 characters',
  ]);
  expect(attempt.api.text('logs/training')).toContain('[artenic] output latest is not kept: it is a link\n');
});

test.concurrent('names that become the same text do not replace each other', async () => {
  const command = python(
    "for name, text in [(b'a%0A', 'plain'), (b'a\\n', 'other')]: open(out + b'/' + name, 'w').write(text)",
  );
  const attempt = await world.run({ job: { command } });
  expectVerdict(attempt);
  const { outputs, notKept } = attempt.marker();
  expect(outputs.map(({ path }) => path)).toEqual(['a%0A']);
  expect(notKept?.files).toEqual([{ path: 'a%0A', reason: 'another file has this name when it is written as text' }]);
});

test.concurrent.each([
  ['its folder for outputs', 'rmdir "$ARTENIC_OUTPUT_DIR"'],
  ['its folder for checkpoints', 'rmdir "$ARTENIC_CHECKPOINT_DIR"'],
  ['a file in place of its folder', 'rmdir "$ARTENIC_OUTPUT_DIR"; echo x > "$ARTENIC_OUTPUT_DIR"'],
])('a command that removes %s has a verdict', async (_name, breaking) => {
  const attempt = await world.run({ job: { command: `${breaking}; echo trained` } });
  expectVerdict(attempt);
  expect(attempt.marker().outputs).toEqual([]);
});

test.concurrent('storage that takes nothing is waited for, and said so; the training is not run again', async () => {
  const attempt = await world.start({
    job: {
      command: 'echo trained; echo x > "$ARTENIC_OUTPUT_DIR/weights.bin"; while [ ! -e ../go ]; do sleep 0.02; done',
    },
    bootstrap: { storage: { kind: 'directory', root: join(world.folder, 'full') } },
  });
  await attempt.logged('trained');
  // No user can create a file in this folder, not even root.
  const temporary = join(world.folder, 'full', '.tmp');
  mkdirSync(join(world.folder, 'full'), { recursive: true });
  symlinkSync('/proc', temporary);
  await world.mark(attempt, 'go');
  await attempt.logged('[artenic] the storage does not take');
  expect(attempt.hasMarker()).toBe(false);
  // Waiting is not progress, however many retries it has.
  const beats = attempt.api.movedBytes.length;
  await poll('more heartbeats', 15_000, () => (attempt.api.movedBytes.length > beats + 3 ? true : null));
  expect(new Set(attempt.api.movedBytes)).toEqual(new Set([0]));
  rmSync(temporary);
  expect(await attempt.end()).toBe(0);
  expectVerdict(attempt);
  expect(attempt.marker().outputs).toMatchObject([{ path: 'weights.bin', bytes: 2 }]);
});

test.concurrent('while the last files are stored, each heartbeat tells how far that is; the end is told when all is there', async () => {
  const command = 'for n in 1 2 3 4 5 6; do head -c 30000000 /dev/zero > "$ARTENIC_OUTPUT_DIR/$n"; done; echo trained';
  const attempt = await world.start({ job: { command }, bootstrap: { heartbeatIntervalMs: 10 } });
  await poll('the end to be told', 25_000, () => (attempt.api.events.at(-1)?.kind === 'exited' ? true : null));
  expect(attempt.hasMarker()).toBe(true);
  expect(await attempt.end()).toBe(0);
  const { movedBytes } = attempt.api;
  expect(movedBytes.length).toBeGreaterThan(1);
  expect(movedBytes).toEqual(movedBytes.toSorted((a, b) => a - b));
  expect(new Set(movedBytes).size).toBeGreaterThan(1);
  expect(Math.max(...movedBytes)).toBeLessThanOrEqual(180_000_000);
});

test.concurrent('a machine on which nothing can be prepared gives one verdict with the reason', async () => {
  // A file in place of the attempt's folders. Like a full disk, it is found only after the API has given the job.
  const file = join(world.folder, 'taken');
  writeFileSync(file, '');
  const attempt = await world.run({ job: { command: 'true' }, bootstrap: { workDir: file } });
  expect(attempt.marker()).toMatchObject({ reason: 'restore-failed', exitCode: null });
  expect(attempt.marker().message).toMatch(/could not be prepared: .*ENOTDIR/);
});

test.concurrent('a secret is in no word that leaves the machine: names, messages, freeze, console', async () => {
  const value = 'planted/"value" 1';
  const secrets = { PLANTED: value, WORD: 'onnx' };
  const write = `import json, os
v = os.environ['PLANTED'].replace('/', '_'); w = os.environ['WORD']
out, points = os.environ['ARTENIC_OUTPUT_DIR'], os.environ['ARTENIC_CHECKPOINT_DIR']
open(out + '/model.onnx', 'w'); open(out + '/' + w + '.txt', 'w'); os.makedirs(out + '/planted'); open(out + '/' + os.environ['PLANTED'], 'w')
open(points + '/.a', 'w').write('x'); os.rename(points + '/.a', points + '/step-' + w)
print('token', json.dumps(os.environ['PLANTED'])); raise SystemExit(3)`;
  const job = { command: ['python3', '-c', write], secrets: Object.keys(secrets) };
  const first = await world.run({ job, secrets });
  const marker = first.marker();
  expect(marker.message).toMatch(/exit code 3\. Its log ends with: token "\*\*\*"$/);
  // The declared name of the model is not secret.
  expect(marker.outputs.map(({ path }) => path)).toEqual(['model.onnx', '***.txt', '***']);
  expect(first.api.checkpoints.map(({ name }) => name)).toEqual(['step-***']);
  const told = JSON.stringify([
    { ...marker, outputs: marker.outputs.slice(1) },
    first.api.events,
    first.api.checkpoints,
  ]);
  expect(`${told} ${first.console} ${first.api.text('logs/training')}`).not.toMatch(/planted\/|value|onnx/);
  // The stored checkpoint keeps the name that the training uses.
  const manifest = join(world.objects, objectKeys.checkpointManifest(first.bootstrap.jobId, 1, 1));
  const checkpoints = [checkpointManifestSchema.parse(JSON.parse(readFileSync(manifest, 'utf8')))];
  const command = 'ls "$ARTENIC_CHECKPOINT_DIR" | tr o 0';
  const second = await world.run({ jobId: first.bootstrap.jobId, attempt: 2, checkpoints, job: { command }, secrets });
  expect(second.api.text('logs/training')).toContain('step-0nnx');
  expect(second.api.events[0]).toMatchObject({ restoredFrom: 'step-***' });
});

test('keys and paths that leave the storage are refused by both stores, whoever asks', async () => {
  const attempt = await world.run({ job: { command: 'true' } });
  const { signal: unwanted } = new AbortController();
  const api = {
    post: () => Promise.reject(new Error('unused')),
    postUntilAnswered: () => Promise.reject(new Error('unused')),
  };
  const store = createRunnerStore({ bootstrap: attempt.bootstrap, api, onFenced: () => undefined, unwanted });
  const target = join(world.folder, 'stolen');
  for (const key of ['../taken', 'a/../../taken', '/etc/hostname', 'a//b', 'a/./b', ''])
    await expect(store.getFile(key, target, 'x')).rejects.toThrow(/one spelling|Too small/);
  const signing = createOwnUrls({ baseUrl: 'http://127.0.0.1:1', secret: Buffer.from('x'), now: () => new Date() });
  await expect(async () => signing.signGet('../x', { expiresInSeconds: 1 })).rejects.toThrow('..');
  await expect(createFilesystemStorage({ root: world.objects }).head('../x')).rejects.toThrow('..');
  await expect(store.putFile('a', join(world.folder, 'absent'), 'last')).rejects.toBeInstanceOf(SourceError);
});
