import { expect, test } from '@jest/globals';
import { diagnose, type Facts, type ProviderFacts, type SilentFacts } from '../../../core/doctor/diagnose.ts';

const nowMs = 10_000_000_000;
const provider = (changes: Partial<ProviderFacts> = {}): ProviderFacts => ({
  ...{ name: 'cloud', usable: true, problem: null, message: 'All well.', checkedAtMs: nowMs - 1000, clockSkewMs: 3 },
  sweep: { succeededAtMs: nowMs - 1000, error: null },
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
  const stray = { provider: 'cloud', instanceId: 'i-1', isInGrace: true };
  expect(said({ strays: [stray] })).toEqual([]);
  expect(said({ strays: [{ ...stray, isInGrace: false }] })).toEqual([
    'cloud: The instance i-1 should not be there, and is billed.',
  ]);
});

test('machines that nobody hears, from half of their time on', () => {
  const silent: Omit<SilentFacts, 'silentMs'> = {
    ...{ provider: 'cloud', attemptId: 'job/attempt-1', instanceId: 'i-1', kind: 'fell-silent', limitMs: 600_000 },
  };
  expect(said({ silent: [{ ...silent, silentMs: 299_000 }] })).toEqual([]);
  expect(said({ silent: [{ ...silent, silentMs: 330_000 }] })).toEqual([
    'cloud: The runner of job/attempt-1 on i-1 has given no sign of life for 5.5 min.',
  ]);
  const [mute] = diagnose(facts({ silent: [{ ...silent, kind: 'never-spoke', silentMs: 700_000 }] }));
  expect(mute?.message).toContain('has not said hello for 11.7 min');
  expect(mute?.advice).toContain('should have been ended by now');
  expect(said({ mute: [{ provider: 'cloud', machines: 2 }] })).toEqual([
    'cloud: 2 machines of cloud never said hello within the last day, and had to be ended.',
  ]);
});

test('clocks and Temporal', () => {
  expect(said({ clockSkewMs: -2001 })).toEqual(["clock: The clock of the API is 2.001 s behind PostgreSQL's."]);
  expect(ofProvider({ clockSkewMs: 5000 })).toEqual([
    "clock: The clock of the worker of cloud is 5 s ahead of PostgreSQL's.",
  ]);
  expect(said({ isTemporalReachable: false })).toEqual(['temporal: Temporal does not answer.']);
});
