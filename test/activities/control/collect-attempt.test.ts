import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { objectKeys, type AttemptEndingKind, type CompletionMarker } from '@artenic/core';
import { ActivityWorld } from '../world.ts';

let world: ActivityWorld;
let jobId: string;
let attempt = 0;
beforeAll(async () => {
  world = await ActivityWorld.make();
  ({ id: jobId } = await world.addJob({ setup: 'prepare' }));
});
afterAll(() => world.close());

const nextAttempt = async (job = jobId): Promise<string> => {
  const attemptId = await world.addAttempt(job, ++attempt);
  await world.store.capacity.release(attemptId);
  return attemptId;
};
const collect = (
  attemptId: string,
  facts: Partial<Parameters<ReturnType<ActivityWorld['control']>['collectAttempt']>[0]> = {},
) => world.control().collectAttempt({ attemptId, evidence: null, launchError: null, ...facts });

describe('collectAttempt of a machine that was ended because nobody heard it', () => {
  const silent = (kind: 'never-spoke' | 'fell-silent') =>
    ({
      evidence: {
        endedBy: 'unknown',
        endedAt: null,
        silent: { kind, since: '2026-01-01T00:00:00.000Z', limitMs: 90_000 },
      },
    }) as const;

  test.each(['never-spoke', 'fell-silent'] as const)('%s: lost, with that as its evidence', async (kind) => {
    const ending = await collect(await nextAttempt(), silent(kind));
    expect(ending).toMatchObject({ kind: 'lost', evidence: kind });
    expect(ending.message).toContain('more than 1.5 min');
  });

  test('what it had finished before stays finished, and a cancel stays a cancel', async () => {
    const finished = await nextAttempt();
    await world.addMarker(finished);
    expect(await collect(finished, silent('fell-silent'))).toMatchObject({ kind: 'succeeded' });
    const cancelled = await nextAttempt();
    await world.control().requestStop({ attemptId: cancelled, reason: 'cancelled' });
    expect(await collect(cancelled, silent('fell-silent'))).toMatchObject({ kind: 'cancelled' });
  });
});

describe('collectAttempt with a completion marker', () => {
  test('outputs under spare names are put where they belong, unless they are not what was stored', async () => {
    const attemptId = await nextAttempt();
    const spare = (name: string) => `${objectKeys.spares(jobId, attempt)}${name}`;
    const files = { right: 'right', changed: 'changed', usual: 'usual' };
    const outputs = await Promise.all(
      Object.entries(files).map(async ([path, text]) => {
        const key = path === 'usual' ? objectKeys.output(jobId, attempt, path) : spare(path);
        return { path, ...(await world.storage.put(key, Buffer.from(text))) };
      }),
    );
    const lost = { path: 'lost', key: spare('lost'), bytes: 1, sha256: 'f'.repeat(64) };
    await world.addMarker(attemptId, { outputs: [...outputs, lost] });
    await world.storage.put(spare('changed'), Buffer.from('CHANGED'));
    for (let time = 0; time < 2; time++) expect(await collect(attemptId)).toMatchObject({ kind: 'succeeded' });
    const prefix = objectKeys.output(jobId, attempt, '');
    expect(await world.storage.list(prefix)).toEqual([`${prefix}right`, `${prefix}usual`]);
    expect(Buffer.from(await world.storage.read(`${prefix}right`, 10)).toString()).toBe('right');
  });

  const cases: readonly (readonly [string, Partial<CompletionMarker>, AttemptEndingKind, number | null])[] = [
    ['exit 0', {}, 'succeeded', 0],
    ['exit 3', { exitCode: 3 }, 'failed', 3],
    ['no exit code', { exitCode: null, message: 'cannot be started' }, 'failed', null],
    ['a signal', { exitCode: null, signal: 'SIGSEGV' }, 'killed', null],
    ['a signal in the setup', { phase: 'setup', exitCode: null, signal: 'SIGKILL' }, 'killed', null],
    ['SIGKILL as a shell tells it', { exitCode: 137 }, 'killed', 137],
    ['exit 1 of the setup', { phase: 'setup', exitCode: 1 }, 'setup-failed', 1],
    ['a setup that could not be started', { phase: 'setup', exitCode: null }, 'setup-failed', null],
    ['`maxHours`', { reason: 'max-hours', exitCode: 0 }, 'timed-out', 0],
    ['a failed restore', { reason: 'restore-failed', exitCode: null }, 'failed', null],
    ['a fenced runner', { reason: 'fenced', exitCode: null, signal: 'SIGKILL' }, 'lost', null],
    ['a stop that the machine wanted', { reason: 'stop-requested', exitCode: 0 }, 'preempted', 0],
  ];
  test.each(cases)('%s', async (_, marker, kind, exitCode) => {
    const attemptId = await nextAttempt();
    await world.addMarker(attemptId, marker);
    const ending = await collect(attemptId);
    expect(ending).toMatchObject({ kind, exitCode });
    if (kind !== 'succeeded') expect(ending.message).not.toBe('');
  });

  test('what could not be kept is told in the ending, of the declared model as a failure', async () => {
    const notKept = { count: 5, files: [1, 2, 3, 4].map((n) => ({ path: `a${n}`, reason: 'it may not be read' })) };
    const attemptId = await nextAttempt();
    await world.addMarker(attemptId, { message: 'The command ended with exit code 0.', notKept });
    expect(await collect(attemptId)).toEqual({
      kind: 'succeeded',
      exitCode: 0,
      message:
        'The command ended with exit code 0. 5 outputs are not kept: `a1` (it may not be read), `a2` (it may not be read), `a3` (it may not be read) and 2 more.',
    });
    const { id: declaring } = await world.addJob({ outputs: { model: {} } });
    const withModel = await nextAttempt(declaring);
    await world.addMarker(withModel, {
      notKept: { count: 1, files: [{ path: 'model.onnx', reason: 'it is a link' }] },
    });
    expect(await collect(withModel)).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/^Its model `model\.onnx` could not be kept: it is a link\. 1 output is not kept/),
    });
  });

  test.each([
    ['an object of another job', { key: 'jobs/other/attempts/1/outputs/x', path: 'x' }],
    ['an object of another attempt', { key: 'jobs/JOB/attempts/999999/outputs/x', path: 'x' }],
    ['an object under another path', { key: 'jobs/JOB/attempts/N/outputs/y', path: 'x' }],
    ['a model', { key: objectKeys.model('0'.repeat(64)), path: 'x' }],
    ['a key that leaves its prefix', { key: 'jobs/JOB/spares/N/../../../x', path: 'x' }],
    ['a path that leaves its folder', { key: 'jobs/JOB/attempts/N/outputs/../x', path: '../x' }],
    ['a hash of another form', { sha256: '0' }],
    ['a negative length', { bytes: -1 }],
  ])('a marker that lists %s is not believed', async (_, change) => {
    const attemptId = await nextAttempt();
    const output = { path: 'x', key: 'jobs/JOB/attempts/N/outputs/x', bytes: 1, sha256: '0'.repeat(64), ...change };
    const key = output.key.replace('JOB', jobId).replace('N', String(attempt));
    await world.addMarker(attemptId, { outputs: [{ ...output, key }] });
    expect(await collect(attemptId)).toMatchObject({ kind: 'lost', message: expect.stringMatching(/cannot be read/) });
  });

  test.each([
    ['cancelled', 'cancelled'],
    ['max-hours', 'timed-out'],
  ] as const)('a stop that was asked for, %s, whatever the exit code', async (reason, kind) => {
    for (const end of [{ exitCode: 0 }, { exitCode: 1 }, { exitCode: null, signal: 'SIGKILL' }]) {
      const attemptId = await nextAttempt();
      await world.control().requestStop({ attemptId, reason });
      await world.addMarker(attemptId, { reason: 'stop-requested', ...end });
      expect(await collect(attemptId)).toMatchObject({ kind });
    }
  });

  test('what was finished stays finished, also when its cancel was asked for meanwhile', async () => {
    const attemptId = await nextAttempt();
    await world.control().requestStop({ attemptId, reason: 'cancelled' });
    await world.addMarker(attemptId, { exitCode: 0 });
    expect(await collect(attemptId)).toMatchObject({ kind: 'succeeded' });
  });

  test('counts more than everything else that is known', async () => {
    const attemptId = await nextAttempt();
    await world.addMarker(attemptId);
    const evidence = { endedBy: 'preemption', endedAt: null } as const;
    expect(await collect(attemptId, { evidence, launchError: { type: 'stockout', message: '' } })).toMatchObject({
      kind: 'succeeded',
    });
  });

  test("keeps the runner's own words", async () => {
    const attemptId = await nextAttempt();
    await world.addMarker(attemptId, { exitCode: 1, message: 'The command ended: exit code 1.' });
    expect(await collect(attemptId)).toMatchObject({ message: 'The command ended: exit code 1.' });
  });

  test('does not take 137 of a program that no shell ran for a signal', async () => {
    const { id } = await world.addJob({ command: ['python3', 'train.py'] });
    const attemptId = await nextAttempt(id);
    await world.addMarker(attemptId, { exitCode: 137 });
    expect(await collect(attemptId)).toMatchObject({ kind: 'failed', exitCode: 137 });
  });

  test('fails a job that did not make the model it declares, and names the path', async () => {
    const { id } = await world.addJob({ outputs: { model: { path: 'out/best.onnx' } } });
    const without = await nextAttempt(id);
    await world.addMarker(without, { files: { 'model.onnx': 'model' } });
    expect(await collect(without)).toMatchObject({
      kind: 'failed',
      message: expect.stringMatching(/out\/best\.onnx.*ARTENIC_OUTPUT_DIR/),
    });
    const withModel = await nextAttempt(id);
    await world.addMarker(withModel, { files: { 'out/best.onnx': 'model' } });
    expect(await collect(withModel)).toMatchObject({ kind: 'succeeded' });
  });

  test.each([
    ['cut off', '{"attemptId":'],
    ['no marker', '{"hello":"world"}'],
    ['not even text', Buffer.from([0xff, 0xfe, 0x00])],
  ])('takes an attempt for lost whose marker is %s', async (_, content) => {
    const attemptId = await nextAttempt();
    await world.storage.put(objectKeys.completion(jobId, attempt), Buffer.from(content));
    expect(await collect(attemptId)).toMatchObject({ kind: 'lost', message: expect.stringMatching(/cannot be read/) });
  });

  test("does not take another attempt's word", async () => {
    const attemptId = await nextAttempt();
    await world.addMarker(attemptId, { attemptId: `${jobId}/attempt-0` });
    expect(await collect(attemptId)).toMatchObject({ kind: 'lost', message: expect.stringMatching(/attempt-0/) });
  });
});

describe('collectAttempt without a completion marker', () => {
  test('goes by why the launch failed', async () => {
    const attemptId = await nextAttempt();
    const launch = (type: string) => collect(attemptId, { launchError: { type, message: `said ${type}` } });
    expect(await launch('stockout')).toEqual({ kind: 'stockout', exitCode: null, message: 'said stockout' });
    for (const [type, kind] of [
      ['quota', 'quota'],
      ['auth', 'unauthorized'],
      ['transient', 'unavailable'],
      ['rate-limited', 'unavailable'],
      ['unknown-outcome', 'unavailable'],
      ['invalid-request', 'launch-failed'],
      ['internal', 'launch-failed'],
    ] as const) {
      expect(await launch(type)).toEqual({ kind, exitCode: null, message: `said ${type}` });
    }
  });

  test('goes by the evidence of the provider, and never guesses', async () => {
    const attemptId = await nextAttempt();
    const seen = (endedBy: 'preemption' | 'request' | 'itself' | 'unknown') =>
      collect(attemptId, { evidence: { endedBy, endedAt: null } });
    expect(await seen('preemption')).toMatchObject({ kind: 'preempted', evidence: 'provider-record' });
    for (const endedBy of ['request', 'itself', 'unknown'] as const) {
      expect(await seen(endedBy)).toMatchObject({ kind: 'lost', evidence: 'disappeared' });
    }
    const warned = { endedBy: 'itself', endedAt: null, preemption: 'notice' } as const;
    expect(await collect(attemptId, { evidence: warned })).toMatchObject({ kind: 'preempted', evidence: 'notice' });
    const nobodyKnows = await collect(attemptId);
    expect(nobodyKnows).toMatchObject({ kind: 'lost' });
    expect(nobodyKnows.evidence).toBeUndefined();
  });

  test('passes on the last line of the console', async () => {
    const evidence = { endedBy: 'itself', endedAt: null, lastLine: 'the runner failed: no disk' } as const;
    expect(await collect(await nextAttempt(), { evidence })).toMatchObject({
      kind: 'lost',
      message: expect.stringMatching(/the runner failed: no disk$/),
    });
  });

  test('explains by a stop that was asked for', async () => {
    for (const [reason, kind] of [
      ['cancelled', 'cancelled'],
      ['max-hours', 'timed-out'],
    ] as const) {
      const attemptId = await nextAttempt();
      await world.control().requestStop({ attemptId, reason });
      expect(await collect(attemptId)).toMatchObject({ kind });
    }
  });
});
