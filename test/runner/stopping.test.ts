import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { poll } from '../support/poll.ts';
import { problem } from './fake-api.ts';
import { World, type Attempt } from './world.ts';

const world = new World();
afterAll(() => world.destroy());

/** Ends only when the stop file appears. */
const polite = 'echo on; while [ ! -e "$ARTENIC_STOP_FILE" ]; do sleep 0.05; done; cat "$ARTENIC_STOP_FILE"; exit 5';
const onTerm = (then: string): string[] => [
  'python3',
  '-uc',
  `import signal, sys
signal.signal(signal.SIGTERM, lambda *_: (print("term"), ${then}))
print("on")
while True: signal.pause()`,
];
const deafToFile = onTerm('sys.exit(6)');
const deaf = onTerm('None');
const never = ['python3', '-c', 'import signal; print("on", flush=True); signal.pause()'];

async function started(command: string | string[], more: { stopAt?: Date } = {}): Promise<Attempt> {
  const attempt = await world.start({ job: { command, stopGraceSeconds: 1 }, ...more });
  await attempt.logged('on\n');
  return attempt;
}

describe('a stop that the API asks for', () => {
  test.concurrent('the stop file is enough for a polite command', async () => {
    const attempt = await started(polite);
    attempt.api.stop = { reason: 'a word of another release' };
    expect(await attempt.end()).toBe(0);
    expect(attempt.marker()).toMatchObject({ reason: 'stop-requested', exitCode: 5 });
    expect(attempt.api.text('logs/training')).toBe('on\nstop-requested\n');
    expect(attempt.api.events.at(-1)).toMatchObject({ kind: 'stopped', reason: 'stop-requested' });
  });

  test.concurrent('SIGTERM follows after the grace', async () => {
    const attempt = await started(deafToFile);
    attempt.api.stop = { reason: 'stop-requested' };
    const askedMs = performance.now();
    expect(await attempt.end()).toBe(0);
    expect(performance.now() - askedMs).toBeGreaterThan(1000);
    expect(attempt.marker()).toMatchObject({ reason: 'stop-requested', exitCode: 6 });
    expect(attempt.api.text('logs/training')).toBe('on\nterm\n');
  });

  test.concurrent('SIGKILL follows after as long again', async () => {
    const attempt = await started(deaf);
    attempt.api.stop = { reason: 'stop-requested' };
    const askedMs = performance.now();
    expect(await attempt.end()).toBe(0);
    expect(performance.now() - askedMs).toBeGreaterThan(2000);
    expect(attempt.marker()).toMatchObject({ reason: 'stop-requested', exitCode: null, signal: 'SIGKILL' });
    expect(attempt.api.text('logs/training')).toBe('on\nterm\n');
  });
});

test.concurrent('a SIGTERM to the runner is a wish to stop', async () => {
  const attempt = await started(polite);
  attempt.child.kill('SIGTERM');
  expect(await attempt.end()).toBe(0);
  expect(attempt.marker()).toMatchObject({ reason: 'stop-requested', exitCode: 5 });
});

test.concurrent('a SIGTERM before the beginning ends the runner without a verdict', async () => {
  const attempt = await world.start({
    job: { command: 'true' },
    prepare: (api) => {
      api.refuseHello = problem(503, 'not-ready', 'later');
    },
  });
  await poll('the runner to wait for the API', 10_000, () => (attempt.api.calls.length > 1 ? true : null));
  attempt.child.kill('SIGTERM');
  expect(await attempt.end()).toBe(0);
  expect(attempt.hasMarker()).toBe(false);
});

test.concurrent('maxHours ends it although the API is away', async () => {
  const attempt = await started(polite, { stopAt: new Date(Date.now() + 5000) });
  await attempt.api.down();
  await poll('the verdict', 10_000, () => (attempt.hasMarker() ? true : null));
  expect(attempt.marker()).toMatchObject({ reason: 'max-hours', exitCode: 5 });
  await attempt.api.up();
  expect(await attempt.end()).toBe(0);
  expect(attempt.api.events.at(-1)).toMatchObject({ kind: 'stopped', reason: 'max-hours' });
});

test.concurrent('with maxHours over before it begins the command is not started', async () => {
  const attempt = await world.run({ job: { command: 'echo on' }, stopAt: new Date(Date.now() - 1000) });
  expect(attempt.marker()).toMatchObject({ reason: 'max-hours', exitCode: null });
  expect(attempt.api.text('logs/training')).toBe('');
});

test.concurrent('a maxHours of years is no timer that goes off at once', async () => {
  const attempt = await world.run({
    job: { command: 'sleep 0.3; echo done' },
    stopAt: new Date(Date.now() + 8760 * 3_600_000),
  });
  expect(attempt.marker()).toMatchObject({ reason: 'exited', exitCode: 0 });
});

test.concurrent('a stop during the setup ends the setup', async () => {
  const attempt = await world.start({ job: { setup: 'echo on; sleep 100', command: 'echo never' } });
  await attempt.logged('on\n', 'logs/setup');
  attempt.api.stop = { reason: 'stop-requested' };
  expect(await attempt.end()).toBe(0);
  expect(attempt.marker()).toMatchObject({ phase: 'setup', reason: 'stop-requested', signal: 'SIGTERM' });
  expect(attempt.api.text('logs/training')).toBe('');
});

test.concurrent('fenced: the training is killed at once, nothing is written, the runner ends quietly', async () => {
  // A grace that is longer than the test may take.
  const attempt = await world.start({ job: { command: deaf, stopGraceSeconds: 300 } });
  await attempt.logged('on\n');
  attempt.api.fencedPaths = ['*'];
  expect(await attempt.end()).toBe(0);
  expect(attempt.hasMarker()).toBe(false);
});

test.concurrent('fenced at hello: nothing begins', async () => {
  const attempt = await world.run({
    job: { command: 'true' },
    prepare: (api) => {
      api.fencedPaths = ['hello'];
    },
  });
  expect(attempt.hasMarker()).toBe(false);
  expect(existsSync(join(attempt.folder, 'package'))).toBe(false);
});

describe('kill -9 of the runner', () => {
  /** Kills the runner and waits for the end of its commands, which would all run for longer than the test may take. */
  async function killAll(attempt: Attempt, processes: number): Promise<void> {
    await poll('all its processes', 10_000, () => (attempt.processes().length >= processes ? true : null));
    attempt.child.kill('SIGKILL');
    await poll('the end of all', 20_000, () => (attempt.processes().length === 0 ? true : null));
  }

  test.concurrent('takes the training and its children with it', async () => {
    const attempt = await started("(sh -c 'sleep 100 & sleep 100') & echo on; trap '' TERM; sleep 100");
    await killAll(attempt, 6);
  });
  test.concurrent('takes every rank with it', async () => {
    const attempt = await world.start({ job: { command: never, resources: { processes: 3 } } });
    await attempt.logged('on\non\non\n');
    await killAll(attempt, 7);
  });
  test.concurrent('takes the setup with it', async () => {
    const attempt = await world.start({ job: { setup: 'echo on; sleep 100', command: 'true' } });
    await attempt.logged('on\n', 'logs/setup');
    await killAll(attempt, 3);
  });
});
