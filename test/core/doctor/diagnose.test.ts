import { expect, test } from '@jest/globals';
import { diagnose } from '../../../core/doctor/diagnose.ts';
import type { Facts, ProviderFacts, RefusedFacts, SilentFacts, StrayFacts } from '../../../core/doctor/facts.ts';

const nowMs = 10_000_000_000;
const provider = (changes: Partial<ProviderFacts> = {}): ProviderFacts => ({
  ...{ name: 'cloud', usable: true, problem: null, message: 'All well.', checkedAtMs: nowMs - 1000, clockSkewMs: 3 },
  sweep: { succeededAtMs: nowMs - 1000, error: null },
  ...{ unusableSinceMs: null, offersAgeMs: 1000, offersProblem: null, jobsBlocked: 0 },
  ...changes,
});
const facts = (changes: Partial<Facts> = {}): Facts => ({
  ...{
    nowMs,
    clockSkewMs: 0,
    isTemporalReachable: true,
    sweepEveryMs: 60_000,
    upSinceMs: 0,
    strays: [],
    silent: [],
    mute: [],
    refused: [],
    untaken: { jobs: 0, sinceMs: null },
    workers: [{ queues: ['control', 'cloud'], ageMs: 1000, temporalProblems: [] }],
  },
  providers: [provider()],
  ...changes,
});
const said = (changes: Partial<Facts>) =>
  diagnose(facts(changes)).map(({ subject, message }) => `${subject}: ${message}`);
const ofProvider = (changes: Partial<ProviderFacts>) => said({ providers: [provider(changes)] });

test('nothing is wrong', () => {
  expect(said({})).toEqual([]);
  expect(ofProvider({ clockSkewMs: null })).toEqual([]);
  expect(ofProvider({ sweep: { succeededAtMs: nowMs - 400_000, error: 'transient: no answer' } })).toEqual([]);
});

test.each(['credentials', 'quota', 'unreachable', 'refused', null] as const)(
  'not usable, %s: with advice',
  (problem) => {
    const complaints = diagnose(facts({ providers: [provider({ usable: false, problem, message: 'No.' })] }));
    expect(complaints).toMatchObject([{ subject: 'cloud', message: 'No.' }]);
    expect(complaints[0]?.advice).not.toBe('');
  },
);

test('nobody has looked lately', () => {
  expect(ofProvider({ checkedAtMs: nowMs - 600_000 })).toEqual(['cloud: No worker has checked cloud for 10 minutes.']);
});

test('nothing that a platform which has just started had no time for', () => {
  const unswept = provider({ sweep: null, checkedAtMs: 0 });
  const after = (upMs: number) => diagnose(facts({ upSinceMs: nowMs - upMs, providers: [unswept] }));
  expect(after(0)).toEqual([]);
  expect(after(170_000)).toEqual([]);
  expect(after(200_000).map(({ message }) => message)).toEqual([expect.stringContaining('No worker has checked')]);
  expect(after(479_000)).toHaveLength(1);
  expect(after(481_000).map(({ message }) => message)).toEqual([
    expect.stringContaining('No worker has checked'),
    expect.stringContaining('no sweep has come to its end'),
  ]);
});

test('sweeps that do not come to their end', () => {
  expect(ofProvider({ sweep: null })).toEqual([expect.stringContaining('since the beginning: no sweep')]);
  const sweep = { succeededAtMs: nowMs - 500_000, error: 'auth: refused' };
  expect(ofProvider({ sweep })).toEqual([expect.stringContaining('auth: refused')]);
  expect(ofProvider({ usable: false, sweep: null })).toHaveLength(1);
});

test('instances past their grace, and only those', () => {
  const stray: StrayFacts = {
    ...{ provider: 'cloud', instanceId: 'i-1', attemptId: 'job/attempt-1', jobId: 'job', isInGrace: true },
    ...{ reason: 'attempt-settled', sinceMs: nowMs - 1000 },
  };
  expect(said({ strays: [stray] })).toEqual([]);
  expect(said({ strays: [{ ...stray, isInGrace: false }] })).toEqual([
    'cloud: Orphaned instance i-1 is still billed: its attempt has ended.',
  ]);
});

test('machines that nobody hears, from half of their time on', () => {
  const silent: Omit<SilentFacts, 'silentMs'> = {
    ...{ provider: 'cloud', attemptId: 'job/attempt-1', instanceId: 'i-1', kind: 'fell-silent', limitMs: 600_000 },
    ...{ jobId: 'job', sinceMs: nowMs - 330_000 },
  };
  expect(said({ silent: [{ ...silent, silentMs: 299_000 }] })).toEqual([]);
  expect(said({ silent: [{ ...silent, silentMs: 330_000 }] })).toEqual([
    'cloud: The runner of job/attempt-1 on i-1 has given no sign of life for 5.5 min.',
  ]);
  const [mute] = diagnose(facts({ silent: [{ ...silent, kind: 'never-spoke', silentMs: 700_000 }] }));
  expect(mute?.message).toContain('has not connected for 11.7 min');
  expect(mute?.advice).toContain('should have been ended by now');
  expect(said({ mute: [{ provider: 'cloud', machines: 2 }] })).toEqual([
    'cloud: 2 machines of cloud never connected within the last day. Artenic terminated them.',
  ]);
});

test('clocks and Temporal', () => {
  expect(said({ clockSkewMs: -2001 })).toEqual(["clock: The clock of the API is 2.001 s behind PostgreSQL's."]);
  expect(ofProvider({ clockSkewMs: 5000 })).toEqual([
    "clock: The clock of the worker of cloud is 5 s ahead of PostgreSQL's.",
  ]);
  expect(said({ isTemporalReachable: false })).toEqual(['temporal: Temporal does not answer.']);
});

test('an instance that the provider refuses to end, once, with its job', () => {
  const refused: RefusedFacts = {
    ...{ provider: 'cloud', attemptId: 'job/attempt-1', jobId: 'job', instanceId: 'i-1', sinceMs: nowMs - 90_000 },
    ...{ refusals: 9, refusal: 'transient: 503' },
  };
  const stray: StrayFacts = {
    ...{ provider: 'cloud', instanceId: 'i-1', attemptId: 'job/attempt-1', jobId: 'job', isInGrace: false },
    ...{ reason: 'not-ending', sinceMs: nowMs - 90_000 },
  };
  const found = diagnose(facts({ refused: [refused], strays: [stray] }));
  expect(found).toMatchObject([
    {
      ...{ id: 'ending-refused/job/attempt-1', kind: 'ending-refused', severity: 'critical', jobId: 'job' },
      ...{ sinceMs: nowMs - 90_000, jobsBlocked: 1 },
      message: 'The provider refuses to end i-1 (9 tries, last answer: transient: 503). Its job cannot continue.',
    },
  ]);
  expect(said({ refused: [{ ...refused, refusals: 1, refusal: null }] })).toEqual([
    'cloud: The provider refuses to end i-1 (1 try). Its job cannot continue.',
  ]);
});

test('a worker that is gone, after 30 s, with the jobs that nobody takes', () => {
  const gone = (ageMs: number, queues = ['control', 'cloud']) => ({
    workers: [{ queues, ageMs, temporalProblems: [] }],
  });
  const untaken = { jobs: 3, sinceMs: nowMs - 70_000 };
  expect(said(gone(30_000))).toEqual([]);
  expect(diagnose(facts({ ...gone(40_000), untaken }))).toMatchObject([
    { kind: 'worker-gone', severity: 'critical', sinceMs: nowMs - 40_000, jobsBlocked: 3 },
  ]);
  expect(said({ ...gone(40_000), providers: [provider({ checkedAtMs: nowMs - 600_000 })] })).toEqual([
    'worker: No worker is running for 40 s: no job starts, and no attempt is followed or ended.',
  ]);
  expect(said({ workers: [] })[0]).toBe(
    'worker: No worker is running: no job starts, and no attempt is followed or ended.',
  );
  expect(said({ workers: [], upSinceMs: nowMs - 20_000 })).toEqual([]);
  // the platform's own worker lives, but none serves the provider
  const alone = { workers: [{ queues: ['control'], ageMs: 1000, temporalProblems: [] }] };
  expect(diagnose(facts({ ...alone, providers: [provider({ jobsBlocked: 2 })] }))).toMatchObject([
    { id: 'worker-gone/cloud', subject: 'cloud', jobsBlocked: 2, provider: 'cloud' },
  ]);
  expect(said({ untaken })).toEqual(['worker: 3 jobs are queued, and no worker has taken them.']);
  expect(said({ untaken, isTemporalReachable: false })).toEqual(['temporal: Temporal does not answer.']);
});

test('offers that are too old for a launch', () => {
  expect(ofProvider({ offersAgeMs: 900_000 })).toEqual([]);
  expect(ofProvider({ offersAgeMs: 1_200_000, offersProblem: 'No answer.' })).toEqual([
    'cloud: The offers of cloud are 20 minutes old: no launch is based on them. When it was asked last: No answer.',
  ]);
  expect(ofProvider({ offersAgeMs: null })).toEqual([
    'cloud: The offers of cloud are not known: no launch is based on them.',
  ]);
  expect(ofProvider({ offersAgeMs: null, usable: false, message: 'Key expired.' })).toEqual(['cloud: Key expired.']);
});

test('critical faults come first, and each has its own id and advice', () => {
  const found = diagnose(
    facts({
      ...{ clockSkewMs: 5000, isTemporalReachable: false },
      providers: [provider({ clockSkewMs: 5000, usable: false }), provider({ name: 'other', sweep: null })],
    }),
  );
  expect(found.map(({ severity }) => severity).toSorted()).toEqual(found.map(({ severity }) => severity));
  expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
  for (const { advice } of found) expect(advice).not.toBe('');
});

test("Temporal's set-up: each fault once, from workers that are alive; a blocked worker is not called gone", () => {
  const message = 'Temporal keeps closed workflows of namespace a for 1 hours only.';
  const worker = (temporalProblems: Facts['workers'][number]['temporalProblems'], queues = ['control', 'cloud']) => ({
    ...{ queues, ageMs: 1000, temporalProblems },
  });
  const short = worker([{ kind: 'retention', message }]);
  expect(diagnose(facts({ workers: [short, short, { ...short, ageMs: 40_000 }] }))).toMatchObject([
    { id: 'temporal-setup/retention', kind: 'temporal-setup', severity: 'warning', message, jobsBlocked: 0 },
  ]);
  const blocked = worker([{ kind: 'blocked', message: 'Temporal has no namespace a.' }], []);
  const untaken = { jobs: 3, sinceMs: nowMs - 70_000 };
  expect(diagnose(facts({ workers: [blocked], untaken }))).toMatchObject([
    { id: 'temporal-setup/blocked', severity: 'critical', jobsBlocked: 3 },
  ]);
  expect(said({ workers: [{ ...blocked, ageMs: 40_000 }] })[0]).toContain('No worker is running');
  expect(said({ workers: [blocked], isTemporalReachable: false })[0]).toBe('temporal: Temporal does not answer.');
});
