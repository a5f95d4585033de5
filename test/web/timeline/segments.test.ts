import { describe, expect, test } from '@jest/globals';
import {
  attemptEndingKinds,
  type AttemptView,
  type DecisionView,
  type JobView,
  type LaunchRefusalView,
  type Situation,
} from '@artenic/core';
import fc from 'fast-check';
import { laneName, moveCursor, segmentName } from '../../../web/src/features/timeline/names.ts';
import { timelineOf } from '../../../web/src/features/timeline/lanes.ts';
import { segmentsOf } from '../../../web/src/features/timeline/segments.ts';
import { startBreakdown } from '../../../web/src/features/timeline/time-to-start-parts.ts';
import { waitSpans } from '../../../web/src/features/timeline/wait-spans.ts';

const zero = Date.UTC(2026, 0, 1);
const at = (second: number): string => new Date(zero + Math.round(second * 1000)).toISOString();
const stamp = (second: number | null): string | null => (second === null ? null : at(second));

type Times = readonly [
  created: number,
  launched: number | null,
  hello: number | null,
  running: number | null,
  ended: number | null,
];

function attempt(number: number, times: Times, kind: (typeof attemptEndingKinds)[number] = 'preempted'): AttemptView {
  const [created, launched, hello, running, ended] = times;
  return {
    id: `a${number}`,
    jobId: 'j',
    attempt: number,
    provider: 'local',
    region: 'here',
    instanceType: 'small',
    ...{ spot: false, priceUsdMicrosPerHour: 0, billedFrom: null, billedUntil: null },
    cost: { usdMicros: 0, isFinal: false },
    state: ended === null ? 'running' : 'ended',
    ending: ended === null ? null : { kind, exitCode: null, message: '' },
    ...{ restoredFrom: null, endingRefused: null },
    createdAt: at(created),
    launchedAt: stamp(launched),
    ...{ helloAt: stamp(hello), lastHeartbeatAt: stamp(running) },
    runningAt: stamp(running),
    endedAt: stamp(ended),
    reason: '',
    checkpoints: [],
  };
}

const job = (finished: number | null, state: JobView['state'] = 'succeeded') => ({
  state,
  createdAt: at(0),
  finishedAt: stamp(finished),
});
const story = [
  attempt(1, [1, 3, 5, 10, 202], 'preempted'),
  attempt(2, [205, 206, 208, 209, 401], 'preempted'),
  attempt(3, [402, 403, 404, 405, 500], 'succeeded'),
];

const second = fc.integer({ min: -5, max: 1000 });
const maybe = fc.option(second);
const anyAttempts = fc
  .array(fc.tuple(second, maybe, maybe, maybe, maybe, fc.constantFrom(...attemptEndingKinds)), { maxLength: 6 })
  .map((all) =>
    all.map(([created, launched, hello, running, ended, kind], index) =>
      attempt(index + 1, [created, launched, hello, running, ended], kind),
    ),
  );

describe('segments', () => {
  test('tell a job with two preemptions', () => {
    const told = segmentsOf(job(503), story, 0).map(({ kind, attempt, startMs, endMs }) => [
      kind,
      attempt,
      (endMs - startMs) / 1000,
    ]);
    expect(told).toEqual([
      ['prepare', 1, 1],
      ['queue', 1, 2],
      ['provision', 1, 2],
      ['setup', 1, 5],
      ['train', 1, 192],
      ['recover', 1, 3],
      ['queue', 2, 1],
      ['provision', 2, 2],
      ['setup', 2, 1],
      ['train', 2, 192],
      ['recover', 2, 1],
      ['queue', 3, 1],
      ['provision', 3, 1],
      ['setup', 3, 1],
      ['train', 3, 95],
      ['finish', 3, 3],
    ]);
  });

  test('of a job that still runs end now', () => {
    const open = segmentsOf(job(null, 'running'), [attempt(1, [1, 2, 3, 4, null])], zero + 60_000);
    expect(open.at(-1)).toEqual({
      kind: 'train',
      attempt: 1,
      startMs: zero + 4000,
      endMs: zero + 60_000,
      isOpen: true,
    });
    const waiting = segmentsOf(job(null, 'recovering'), [attempt(1, [1, 2, 3, 4, 5])], zero + 9000);
    expect(waiting.at(-1)).toMatchObject({ kind: 'recover', isOpen: true, endMs: zero + 9000 });
    expect(segmentsOf(job(null, 'queued'), [], zero + 500)).toMatchObject([
      { kind: 'prepare', attempt: null, isOpen: true },
    ]);
  });

  test('sum to the wall time without holes, whatever the clocks said', () => {
    fc.assert(
      fc.property(anyAttempts, fc.option(fc.integer({ min: 0, max: 1200 })), (attempts, finished) => {
        const nowMs = zero + 1_200_000;
        const segments = segmentsOf(job(finished), attempts, nowMs);
        const endMs = finished === null ? nowMs : zero + finished * 1000;
        let reached = zero;
        for (const { startMs, endMs: until } of segments) {
          expect(startMs).toBe(reached);
          expect(until).toBeGreaterThanOrEqual(startMs);
          reached = until;
        }
        expect(reached).toBe(endMs);
      }),
      { numRuns: 500 },
    );
  });

  test('time to start is running minus submitted, exactly', () => {
    fc.assert(
      fc.property(anyAttempts, (attempts) => {
        const nowMs = zero + 1_200_000;
        const { parts, totalMs, hasStarted } = startBreakdown(job(null, 'running'), attempts, nowMs);
        const running = attempts.find(({ runningAt }) => runningAt !== null)?.runningAt ?? null;
        expect(hasStarted).toBe(running !== null);
        expect(totalMs).toBe(Math.max(0, (running === null ? nowMs : Date.parse(running)) - zero));
        expect(parts.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBe(totalMs);
      }),
      { numRuns: 500 },
    );
  });
});

test('time to start counts attempts that never trained as retries', () => {
  const attempts = [attempt(1, [1, 2, null, null, 30], 'stockout'), attempt(2, [31, 32, 35, 40, null])];
  const { parts, totalMs } = startBreakdown(job(null, 'running'), attempts, zero + 90_000);
  expect(parts.map(({ kind, durationMs }) => [kind, durationMs / 1000])).toEqual([
    ['prepare', 1],
    ['queue', 2],
    ['retry', 29],
    ['provision', 3],
    ['setup', 5],
  ]);
  expect(totalMs).toBe(40_000);
  expect(parts[2]?.hint).toBe('1 earlier attempt: no capacity.');
});

describe('time to start', () => {
  const words = (breakdown: ReturnType<typeof startBreakdown>) =>
    breakdown.parts.map(({ kind, durationMs, owner }) => [kind, durationMs / 1000, owner]);
  const waiting = (waitsFor: DecisionView['waitsFor'], second: number): DecisionView => ({
    ...{ decision: second, policyVersion: 'p', kind: 'wait', reason: '', attempt: null, step: null, waitsFor },
    decidedAt: at(second),
  });

  test('a wait for credentials is the owner of the credentials, not of the platform', () => {
    const decisions = [waiting('credentials', 2), waiting('credentials', 10), waiting(null, 31)];
    const open = { ...job(null, 'waiting'), situation: null };
    const waits = waitSpans(open, decisions, [], zero + 90_000);
    expect(waits.map(({ kind, fromMs, untilMs }) => [kind, fromMs - zero, untilMs - zero])).toEqual([
      ['credentials', 2000, 10_000],
      ['credentials', 10_000, 31_000],
    ]);
    const attempts = [attempt(1, [33, 34, 35, 40, null])];
    const found = startBreakdown(open, attempts, zero + 90_000, waits);
    expect(words(found).slice(0, 2)).toEqual([
      ['prepare', 4, 'Artenic'],
      ['credentials', 29, 'You'],
    ]);
    expect(found.totalMs).toBe(40_000);
  });

  test('the present wait, by the situation; refused launches in between', () => {
    const situation: Situation = {
      ...{ kind: 'credentials', message: '', detail: null, advice: null, level: 'critical', since: at(20) },
    };
    const refusal: LaunchRefusalView = {
      ...{ provider: 'cloud', region: 'r', zone: null, instanceType: 't', spot: true, kind: 'unavailable' },
      ...{ message: '', total: 2, attempt: 1, firstAt: at(5), lastAt: at(25) },
    };
    const waits = waitSpans({ ...job(null, 'waiting'), situation }, [], [refusal], zero + 50_000);
    expect(waits.map(({ kind, fromMs, untilMs }) => [kind, fromMs - zero, untilMs - zero])).toEqual([
      ['provider', 5000, 20_000],
      ['credentials', 20_000, 25_000],
      ['credentials', 25_000, 50_000],
    ]);
    const ended = waitSpans({ ...job(60, 'cancelled'), situation }, [], [], zero + 50_000);
    expect(ended).toEqual([]);
  });

  test('ends at the cancel: a cancel that hangs is no setup', () => {
    const cancelled = { ...job(200, 'cancelled'), cancelRequestedAt: at(36) };
    const found = startBreakdown(cancelled, [attempt(1, [1, 2, 5, null, 200], 'cancelled')], zero);
    expect(words(found)).toEqual([
      ['prepare', 1, 'Artenic'],
      ['queue', 1, 'Queue'],
      ['provision', 3, 'Provider local'],
      ['setup', 31, 'Your setup commands'],
    ]);
    expect([found.totalMs, found.hasStarted]).toEqual([36_000, false]);
  });

  test('an attempt whose setup failed is not counted again as an earlier one', () => {
    const failed = startBreakdown(job(12, 'failed'), [attempt(1, [1, 2, 5, null, 10], 'setup-failed')], zero);
    expect(failed.parts.map(({ kind }) => kind)).toEqual(['prepare', 'queue', 'provision', 'setup']);
    expect(failed.totalMs).toBe(10_000);
    const open = startBreakdown(job(null, 'recovering'), [attempt(1, [1, 2, 5, null, 10], 'lost')], zero + 12_000);
    expect(open.parts.at(1)?.kind).toBe('queue');
    expect(open.parts.find(({ kind }) => kind === 'retry')?.hint).toBe('1 earlier attempt: lost.');
  });
});

describe('costs of segments', () => {
  const priced = (one: AttemptView, usdMicros: number, from: number | null, until: number | null): AttemptView => ({
    ...one,
    ...{ cost: { usdMicros, isFinal: true }, billedFrom: stamp(from), billedUntil: stamp(until) },
  });
  const costsOf = (one: AttemptView) =>
    timelineOf(job(100), [one], 0).lanes.flatMap(({ segments, costs }) =>
      segments.map(({ kind }, index) => [kind, costs[index]]),
    );
  const one = attempt(1, [10, 20, 40, 60, 90]);

  test('are their shares of the billed time', () => {
    expect(costsOf(priced(one, 6000, 30, 90))).toEqual([
      ...[
        ['prepare', 0],
        ['queue', 0],
        ['provision', 1000],
        ['setup', 2000],
        ['train', 3000],
      ],
      ['finish', 0],
    ]);
  });

  test('are shares of the time with an instance where the provider’s clock is another', () => {
    const elsewhere = priced(one, 700, 900_000, 900_060);
    expect(costsOf(elsewhere).map(([, cost]) => cost)).toEqual([0, 0, 200, 200, 300, 0]);
  });

  test('are the attempt’s cost in all, to the micro', () => {
    const seconds = fc.integer({ min: 0, max: 2000 });
    fc.assert(
      fc.property(anyAttempts, fc.nat({ max: 1e9 }), seconds, seconds, (attempts, usdMicros, from, ranS) => {
        const billed = attempts.map((each) => priced(each, usdMicros, from, from + ranS));
        const { lanes } = timelineOf(job(null, 'running'), billed, zero + 1_200_000);
        for (const { segments, costs } of lanes.filter((lane) => lane.attempt !== null)) {
          expect(costs.every((cost) => cost >= 0)).toBe(true);
          if (segments.length > 0) expect(costs.reduce((sum, cost) => sum + cost, 0)).toBe(usdMicros);
        }
      }),
    );
  });
});

describe('names', () => {
  const { lanes } = timelineOf(job(503), story, 0);

  test('say what happened to an attempt', () => {
    expect(lanes.map(laneName)).toEqual([
      'attempt 1, preempted after 3 min 19 s',
      'attempt 2, preempted after 3 min 15 s',
      'attempt 3, succeeded after 1 min 37 s',
    ]);
    expect(lanes[1]?.segments.map(segmentName)).toContain('Training, 3 min 12 s');
  });

  test('arrow keys walk through time and between attempts', () => {
    const walk = (keys: readonly string[]) =>
      keys.reduce((cursor, key) => moveCursor(lanes, cursor, key) ?? cursor, { lane: 0, segment: 0 });
    expect(walk(['ArrowLeft'])).toEqual({ lane: 0, segment: 0 });
    expect(walk(Array.from({ length: 6 }, () => 'ArrowRight'))).toEqual({ lane: 1, segment: 0 });
    expect(walk(['ArrowDown', 'ArrowLeft'])).toEqual({ lane: 0, segment: 5 });
    expect(walk(['End', 'ArrowRight'])).toEqual({ lane: 2, segment: 4 });
    expect(walk(['End', 'Home', 'x'])).toEqual({ lane: 0, segment: 0 });
    expect(walk(['End', 'ArrowUp'])).toEqual({ lane: 1, segment: 4 });
  });
});
