import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compare } from '../../../core/reconcile/compare.ts';
import type { SeenAttempt, SeenInstance, Stray, Survey, Verdict } from '../../../core/reconcile/types.ts';
import { isFull } from '../../support/share.ts';

const nowMs = 1_000_000_000;
const windows = { graceMs: 240_000, consistencyMs: 60_000 };
const attemptId = 'job/attempt-1';
const long = 3_600_000;

const instance = (changes: Partial<SeenInstance> & { readonly id?: string } = {}): SeenInstance => {
  const { id = 'i-1', ...rest } = changes;
  const handle = { provider: 'cloud', attemptId, instanceId: id, region: 'r' };
  return { handle, state: 'running', launchedAtMs: nowMs - long, strayedAtMs: null, ...rest };
};
const attempt = (changes: Partial<SeenAttempt> = {}): SeenAttempt => ({
  attemptId,
  jobId: 'job',
  settledAtMs: null,
  launchTriedAtMs: nowMs - long,
  instanceId: 'i-1',
  terminateTriedAtMs: null,
  isTerminationConfirmed: false,
  unwatchedAtMs: null,
  isSuperseded: false,
  isJobOver: false,
  workflow: 'open',
  jobWorkflow: 'open',
  ...changes,
});
const survey = (instances: readonly SeenInstance[], attempts: readonly SeenAttempt[]): Survey => ({
  nowMs,
  listedAtMs: nowMs - 100,
  windows,
  instances,
  attempts,
});
const strays = (verdicts: readonly Verdict[]): readonly Stray[] =>
  verdicts.flatMap((one) => (one.kind === 'stray' ? [one.stray] : []));
const isDue = ({ dueAtMs }: Stray): boolean => dueAtMs !== null && dueAtMs <= nowMs;
const dueIds = (verdicts: readonly Verdict[]) =>
  strays(verdicts)
    .filter(isDue)
    .map(({ handle }) => handle.instanceId);

describe('one by one', () => {
  test('watched by its workflow: left alone', () => {
    expect(compare(survey([instance()], [attempt()]))).toEqual([
      { kind: 'leave', attemptId, why: 'its workflow watches it' },
    ]);
  });
  test('of an attempt that no row knows: terminated after the grace, not before', () => {
    const [first] = strays(compare(survey([instance()], [])));
    expect(first).toMatchObject({ reason: 'unknown-attempt', sinceMs: nowMs, dueAtMs: nowMs + 300_000 });
    expect(dueIds(compare(survey([instance({ strayedAtMs: nowMs - 300_000 })], [])))).toEqual(['i-1']);
  });
  test('of a settled attempt: terminated as soon as the list cannot be from before', () => {
    const at = (settledAtMs: number) =>
      compare(survey([instance()], [attempt({ settledAtMs, workflow: 'closed', isTerminationConfirmed: true })]));
    expect(strays(at(nowMs - 1000))).toMatchObject([{ reason: 'attempt-settled', sinceMs: nowMs - 1000 }]);
    expect(dueIds(at(nowMs - 1000))).toEqual([]);
    expect(dueIds(at(nowMs - 60_000))).toEqual(['i-1']);
  });
  test('settled and nothing in the list: proved gone when the list is young enough, and no launch can be on its way', () => {
    const settled = (changes: Partial<SeenAttempt>) =>
      compare(survey([], [attempt({ settledAtMs: nowMs - 70_000, workflow: 'closed', ...changes })]));
    expect(settled({})).toEqual([{ kind: 'confirm', attemptId }]);
    expect(settled({ settledAtMs: nowMs - 60_000 })).toMatchObject([{ kind: 'leave' }]);
    expect(settled({ instanceId: null, launchTriedAtMs: nowMs - 299_000 })).toMatchObject([{ kind: 'leave' }]);
    expect(settled({ instanceId: null, launchTriedAtMs: nowMs - 301_000 })).toMatchObject([{ kind: 'confirm' }]);
    expect(settled({ instanceId: null, launchTriedAtMs: null })).toMatchObject([{ kind: 'confirm' }]);
    expect(settled({ isTerminationConfirmed: true })).toMatchObject([{ kind: 'leave' }]);
  });
  test('two of one attempt: the one that its row names stays, else the oldest', () => {
    const old = { strayedAtMs: nowMs - 300_000 };
    const two = [
      instance({ id: 'i-1', launchedAtMs: nowMs - 1000, ...old }),
      instance({ id: 'i-2', launchedAtMs: nowMs - 2000, ...old }),
    ];
    expect(dueIds(compare(survey(two, [attempt()])))).toEqual(['i-2']);
    expect(dueIds(compare(survey(two, [attempt({ instanceId: null })])))).toEqual(['i-1']);
    expect(dueIds(compare(survey(two, [attempt({ instanceId: null, launchTriedAtMs: nowMs - 1000 })])))).toEqual([]);
  });
  test('its workflow asks for its end in vain: written down, and left to it', () => {
    const verdicts = compare(survey([instance()], [attempt({ terminateTriedAtMs: nowMs - 86_400_000 })]));
    expect(strays(verdicts)).toMatchObject([{ reason: 'not-ending', sinceMs: nowMs - 86_400_000, dueAtMs: null }]);
    expect(compare(survey([instance()], [attempt({ terminateTriedAtMs: nowMs - 1000 })]))).toMatchObject([
      { kind: 'leave' },
    ]);
  });
  test('its workflow asks for its end in vain, and a list that is young enough no longer shows it: proved gone', () => {
    const at = (changes: Partial<SeenAttempt>, living: readonly SeenInstance[] = []) =>
      compare(survey(living, [attempt({ terminateTriedAtMs: nowMs - 61_000, ...changes })]));
    expect(at({})).toEqual([{ kind: 'unlisted', attemptId }]);
    expect(at({ terminateTriedAtMs: nowMs - 59_000 })).toMatchObject([{ kind: 'leave' }]);
    expect(at({ terminateTriedAtMs: null })).toMatchObject([{ kind: 'leave' }]);
    expect(at({ instanceId: null })).toMatchObject([{ kind: 'leave' }]);
    expect(at({}, [instance({})])).toMatchObject([{ kind: 'leave' }]);
  });
  test.each(['closed', 'none'] as const)(
    'a job that goes on and whose workflow is %s: started again',
    (jobWorkflow) => {
      const verdicts = compare(survey([instance()], [attempt({ workflow: 'none', jobWorkflow, unwatchedAtMs: 0 })]));
      expect(verdicts).toEqual([{ kind: 'restart', jobId: 'job' }]);
    },
  );
  test('an attempt whose workflow is closed while the job goes on: some time to take it over, then ended', () => {
    const at = (unwatchedAtMs: number | null) =>
      compare(survey([instance()], [attempt({ workflow: 'closed', unwatchedAtMs })]));
    expect(at(null)).toMatchObject([{ kind: 'leave' }]);
    expect(at(nowMs - 299_000)).toMatchObject([{ kind: 'leave' }]);
    expect(at(nowMs - 300_000)).toMatchObject([
      { kind: 'stray', stray: { reason: 'abandoned' } },
      { kind: 'settle', attemptId, dueAtMs: nowMs },
    ]);
  });
});

// ---- every combination, at any age ----
const age = fc.constantFrom(0, 1, 59_000, 61_000, 239_000, 241_000, 299_000, 301_000, 86_400_000);
const ago = age.map((ms) => nowMs - ms);
const maybeAgo = fc.option(ago, { nil: null });
const anyInstance = (id: string) =>
  fc
    .record({
      state: fc.constantFrom('starting', 'running', 'stopping', 'unknown' as const),
      launchedAtMs: maybeAgo,
      strayedAtMs: maybeAgo,
    })
    .map((changes) => instance({ id, ...(changes as Partial<SeenInstance>) }));
const anyInstances = fc.oneof(
  fc.constant([]),
  fc.tuple(anyInstance('i-1')),
  fc.tuple(anyInstance('i-1'), anyInstance('i-2')),
  fc.tuple(anyInstance('i-1'), anyInstance('i-2'), anyInstance('i-3')),
);
const workflowState = fc.constantFrom('open', 'closed', 'none' as const);
const anyAttempt = fc
  .record({
    settledAtMs: maybeAgo,
    launchTriedAtMs: maybeAgo,
    instanceId: fc.constantFrom(null, 'i-1', 'i-2', 'i-9'),
    terminateTriedAtMs: maybeAgo,
    isTerminationConfirmed: fc.boolean(),
    unwatchedAtMs: maybeAgo,
    isSuperseded: fc.boolean(),
    isJobOver: fc.boolean(),
    workflow: workflowState,
    jobWorkflow: workflowState,
  })
  .map((changes) => attempt(changes as Partial<SeenAttempt>));
const anySurvey = fc
  .record({ instances: anyInstances, row: fc.option(anyAttempt, { nil: null }) })
  .map(({ instances, row }) => ({ instances, row, verdicts: compare(survey(instances, row === null ? [] : [row])) }));
const runs = { numRuns: isFull ? 20_000 : 5000 };
const property = (
  holds: (world: {
    readonly instances: readonly SeenInstance[];
    readonly row: SeenAttempt | null;
    readonly verdicts: readonly Verdict[];
  }) => void,
) => fc.assert(fc.property(anySurvey, holds), runs);

describe('whatever there is', () => {
  test('nothing is terminated while a launch of its attempt may be under way', () => {
    property(({ row, verdicts }) => {
      if (row === null || row.settledAtMs !== null || row.instanceId !== null || row.launchTriedAtMs === null) return;
      if (nowMs < row.launchTriedAtMs + windows.graceMs) expect(dueIds(verdicts)).toEqual([]);
    });
  });
  test('of a watched attempt one instance is always kept, and the one that its row names if it lives', () => {
    property(({ instances, row, verdicts }) => {
      if (row === null || row.settledAtMs !== null || row.workflow !== 'open' || instances.length === 0) return;
      const doomed = strays(verdicts).filter(({ dueAtMs }) => dueAtMs !== null);
      expect(doomed).toHaveLength(instances.length - 1);
      expect(doomed.map(({ handle }) => handle.instanceId)).not.toContain(row.instanceId);
    });
  });
  test('nothing of a job that goes on and has lost its workflow is terminated or settled', () => {
    property(({ row, verdicts }) => {
      if (row === null || row.settledAtMs !== null || row.workflow === 'open') return;
      if (!row.isJobOver && row.jobWorkflow !== 'open')
        expect(verdicts).toEqual([{ kind: 'restart', jobId: row.jobId }]);
    });
  });
  test('"terminated" is never said while the list shows an instance', () => {
    property(({ instances, verdicts }) => {
      if (instances.length > 0) expect(verdicts.map(({ kind }) => kind)).not.toContain('confirm');
    });
  });
  test('no instance is both left alone and ended, or named twice', () => {
    property(({ verdicts }) => {
      const named = strays(verdicts).map(({ handle }) => handle.instanceId);
      expect(new Set(named).size).toBe(named.length);
    });
  });
  test('an attempt is settled only when it is not, nobody watches it and all its instances are to end, too', () => {
    property(({ instances, row, verdicts }) => {
      const settle = verdicts.filter(({ kind }) => kind === 'settle');
      if (settle.length === 0) return;
      expect(row).toMatchObject({ settledAtMs: null });
      expect(row?.workflow).not.toBe('open');
      expect(strays(verdicts)).toHaveLength(instances.length);
    });
  });
  test('what nobody wants comes to its end: after the longest of all times nothing is left that should not be there', () => {
    property(({ instances, row }) => {
      const later = nowMs + 2 * (windows.graceMs + windows.consistencyMs);
      const seen = instances.map((one) => ({ ...one, strayedAtMs: one.strayedAtMs ?? nowMs }));
      const rows =
        row === null ? [] : [{ ...row, unwatchedAtMs: row.workflow === 'open' ? null : (row.unwatchedAtMs ?? nowMs) }];
      const verdicts = compare({ ...survey(seen, rows), nowMs: later, listedAtMs: later });
      const wanted =
        row !== null &&
        row.settledAtMs === null &&
        (row.workflow === 'open' || (!row.isJobOver && row.jobWorkflow !== 'open'));
      const ending = strays(verdicts).filter(({ dueAtMs }) => dueAtMs !== null && dueAtMs <= later);
      if (!wanted) expect(ending).toHaveLength(instances.length);
    });
  });
});
