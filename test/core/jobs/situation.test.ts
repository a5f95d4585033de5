import { describe, expect, test } from '@jest/globals';
import { jobStates, roughDuration, shownState, situationText, timeLeftText, type Situation } from '@artenic/core';
import {
  situationOf,
  type AttemptFacts,
  type SituationFacts,
  type TroubledProvider,
} from '../../../core/jobs/situation.ts';

const nowMs = 10_000_000;
const ago = (seconds: number): number => nowMs - seconds * 1000;

const attempt = (changes: Partial<AttemptFacts> = {}): AttemptFacts => ({
  ...{ state: 'running', provider: 'cloud', place: 'cloud eu-north-a gpu-1 (spot)', instanceId: 'i-1' },
  ...{ createdAtMs: ago(100), launchedAtMs: ago(99), instanceSinceMs: ago(90), helloAtMs: ago(80) },
  ...{ runningAtMs: ago(70), lastSignMs: ago(1), runnerOverAtMs: null, terminateTriedAtMs: null },
  ...{ refusedSinceMs: null, refusals: 0, refusal: null },
  ...changes,
});
const facts = (changes: Partial<SituationFacts> = {}): SituationFacts => ({
  ...{ nowMs, state: 'running', message: '', createdAtMs: ago(110), stateSinceMs: ago(60), heldAtMs: null },
  ...{ cancelRequestedAtMs: null, isWorkflowStarted: true, queuePosition: null, providers: ['cloud'], troubled: [] },
  ...{ attempt: null, lateAfterMs: 10_000 },
  ...changes,
});
const said = (changes: Partial<SituationFacts>): string => {
  const found = situationOf(facts(changes));
  return found === null ? '' : `${found.level} ${found.kind}: ${situationText(found, nowMs)}`;
};
const expired: TroubledProvider = {
  ...{ name: 'cloud', problem: 'credentials', message: 'The key has expired.', sinceMs: ago(30) },
};
const notYet = { helloAtMs: null, runningAtMs: null, lastSignMs: null };
const unlaunched = { ...notYet, instanceId: null, instanceSinceMs: null };
const asked = { state: 'ending', terminateTriedAtMs: ago(150) } as const;
const refused = { ...asked, refusedSinceMs: ago(130), refusals: 9, refusal: 'transient: 503' };

describe('the situation of a job', () => {
  test.each<readonly [string, Partial<SituationFacts>, string]>([
    ['just queued', { state: 'queued', createdAtMs: ago(4) }, 'normal not-taken: Queued for 4 s'],
    [
      'queued, and no worker takes it',
      { state: 'queued', createdAtMs: ago(40) },
      'critical not-taken: No worker has taken this job for 40 s',
    ],
    [
      'queued, and Temporal is away',
      { state: 'queued', createdAtMs: ago(40), isWorkflowStarted: false },
      'critical not-taken: Temporal has not taken this job for 40 s',
    ],
    ['being prepared', { state: 'preparing' }, 'normal preparing: Validating the job and choosing a machine for 1 min'],
    [
      'no provider has credentials',
      { state: 'waiting', message: 'no offers', troubled: [expired] },
      'critical credentials: Waiting for credentials of cloud for 30 s (The key has expired.)',
    ],
    [
      'no provider can be used, for several reasons',
      {
        state: 'recovering',
        providers: ['cloud', 'other'],
        troubled: [expired, { ...expired, name: 'other', problem: 'unreachable', message: 'No answer.' }],
      },
      'critical provider: Waiting for cloud, other, which cannot be used for 30 s (cloud: The key has expired.; other: No answer.)',
    ],
    [
      'another provider can be used',
      { state: 'waiting', message: 'no offer fits', providers: ['cloud', 'other'], troubled: [expired] },
      'normal waiting: Waiting for 1 min (no offer fits)',
    ],
    [
      'in the queue',
      { state: 'waiting', queuePosition: 3, attempt: attempt({ ...unlaunched, state: 'waiting' }) },
      'normal queue: #3 in queue for 1 min',
    ],
    [
      'held, and nothing runs',
      { state: 'waiting', heldAtMs: ago(20) },
      'normal held: On hold for 20 s (no new attempts start until it is released)',
    ],
    [
      'held while it trains',
      { heldAtMs: ago(20), attempt: attempt() },
      'normal training: Training on cloud eu-north-a gpu-1 (spot) for 1 min',
    ],
    [
      'launching',
      { state: 'provisioning', attempt: attempt({ ...unlaunched, state: 'launching' }) },
      'normal launching: Launching on cloud eu-north-a gpu-1 (spot) for 1 min',
    ],
    [
      'refused, and waiting for the next launch',
      { state: 'waiting', message: 'out of stock', attempt: attempt({ ...unlaunched, state: 'launching' }) },
      'normal waiting: Waiting for 1 min (out of stock)',
    ],
    [
      'the instance boots',
      { state: 'provisioning', attempt: attempt({ ...notYet, state: 'starting' }) },
      'normal starting: Starting i-1 on cloud eu-north-a gpu-1 (spot) for 1 min',
    ],
    [
      'setup',
      { state: 'setup', attempt: attempt({ state: 'setup', runningAtMs: null }) },
      'normal setup: Running the setup commands on cloud eu-north-a gpu-1 (spot) for 1 min',
    ],
    ['training', { attempt: attempt() }, 'normal training: Training on cloud eu-north-a gpu-1 (spot) for 1 min'],
    [
      'three heartbeats are missing',
      { attempt: attempt({ lastSignMs: ago(25) }) },
      'warning silent: No sign of life from i-1 on cloud eu-north-a gpu-1 (spot) for 25 s (the instance is terminated if it does not report again, and the job continues on another one)',
    ],
    [
      'the runner has said its last word',
      { attempt: attempt({ lastSignMs: ago(25), runnerOverAtMs: ago(25) }) },
      'normal training: Training on cloud eu-north-a gpu-1 (spot) for 1 min',
    ],
    [
      'the instance is ending',
      { attempt: attempt(asked) },
      'normal ending: cloud is ending i-1 for 2 min (the job continues after it)',
    ],
    [
      'the provider refuses to end it',
      { attempt: attempt(refused) },
      'critical ending: cloud has refused to end i-1 for 2 min (9 tries, last answer: transient: 503)',
    ],
    [
      'refused once',
      { attempt: attempt({ ...refused, refusals: 1, refusal: null, refusedSinceMs: ago(5) }) },
      'warning ending: cloud has refused to end i-1 for 5 s (1 try)',
    ],
    [
      'a cancel that hangs says what hangs',
      { state: 'cancelling', cancelRequestedAtMs: ago(200), attempt: attempt(refused) },
      'critical ending: cloud has refused to end i-1 for 2 min (9 tries, last answer: transient: 503)',
    ],
    [
      'cancelled while it trains',
      { state: 'cancelling', cancelRequestedAtMs: ago(12), attempt: attempt() },
      'normal stopping: Cancelling: the command may save a last checkpoint for 12 s',
    ],
    [
      'cancelled while it waits',
      { state: 'cancelling', cancelRequestedAtMs: ago(12) },
      'normal stopping: Cancelling the job for 12 s',
    ],
    [
      'stopped by its time limit',
      { attempt: attempt({ state: 'stopping' }) },
      'normal stopping: Stopping the attempt for 1 min',
    ],
    [
      'recovering',
      { state: 'recovering', message: 'again after lost' },
      'normal recovering: Recovering for 1 min (again after lost)',
    ],
    ['a launch is decided', { state: 'provisioning' }, 'normal launching: Choosing a machine for 1 min'],
    [
      'collecting',
      { state: 'collecting' },
      'normal collecting: Collecting artifacts and registering the model for 1 min',
    ],
    [
      'of an older release',
      { state: 'collecting', stateSinceMs: null },
      'normal collecting: Collecting artifacts and registering the model for 1 min',
    ],
  ])('%s', (_, changes, expected) => {
    expect(said(changes)).toBe(expected);
  });

  test.each(jobStates)('%s: one sentence while it is open, none afterwards; never from the future', (state) => {
    const isOver = ['succeeded', 'failed', 'cancelled', 'timed-out'].includes(state);
    const found = situationOf(facts({ state, stateSinceMs: nowMs + 5000, createdAtMs: nowMs + 5000 }));
    expect(found === null).toBe(isOver);
    if (found !== null) expect(Date.parse(found.since)).toBeLessThanOrEqual(nowMs);
  });

  test('what needs a person says what to do', () => {
    for (const changes of [
      { state: 'queued', createdAtMs: ago(40) },
      { state: 'waiting', troubled: [expired] },
      { attempt: attempt(refused) },
    ] as const)
      expect(situationOf(facts(changes))).toMatchObject({ level: 'critical', advice: expect.stringMatching(/.{20}/) });
  });
});

test('durations in one unit', () => {
  expect([0, 999, 40_000, 119_000, 7_200_000, 200_000_000].map(roughDuration)).toEqual([
    ...['0 s', '0 s', '40 s', '1 min', '2 h', '2 d'],
  ]);
  const since = new Date(nowMs + 1000).toISOString();
  const situation: Situation = { kind: 'held', message: 'On hold', detail: null, advice: null, since, level: 'normal' };
  expect(situationText(situation, nowMs)).toBe('On hold for 0 s');
});

test('the state in a list of plain text: a situation that the state does not tell takes its place', () => {
  const of = (changes: Partial<SituationFacts>): string =>
    shownState({ state: 'running', situation: situationOf(facts(changes)) });
  expect(of({ attempt: attempt() })).toBe('running');
  expect(of({ attempt: attempt(refused) })).toBe('ending');
  expect(of({ state: 'waiting', troubled: [expired] })).toBe('credentials');
  expect(shownState({ state: 'succeeded', situation: null })).toBe('succeeded');
});

test('time left in words', () => {
  expect([0, 59_999, 60_000, 840_000, 5_900_000, 9_000_000, 172_800_000, 864_000_000].map(timeLeftText)).toEqual([
    ...['less than 1 min left', 'less than 1 min left', 'about 1 min left', 'about 14 min left'],
    ...['about 98 min left', 'about 2.5 h left', 'about 2 d left', 'about 10 d left'],
  ]);
});
