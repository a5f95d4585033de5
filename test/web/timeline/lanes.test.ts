import { describe, expect, test } from '@jest/globals';
import type { AttemptView, MetricPoint } from '@artenic/core';
import fc from 'fast-check';
import { offerWords } from '../../../web/src/features/timeline/names.ts';
import { timelineOf, type Lane } from '../../../web/src/features/timeline/lanes.ts';
import { resumeOf, resumeWords } from '../../../web/src/features/timeline/resumes.ts';
import { timelineTicks } from '../../../web/src/features/timeline/ticks.ts';

const zero = Date.UTC(2026, 0, 1);
const at = (second: number): string => new Date(zero + second * 1000).toISOString();
const stamp = (second: number | null): string | null => (second === null ? null : at(second));

type Times = {
  readonly created: number;
  readonly launched?: number | null;
  readonly hello?: number | null;
  readonly running?: number | null;
  readonly ended?: number | null;
  readonly billedUntil?: number | null;
};

function attempt(number: number, times: Times): AttemptView {
  const { created, launched = created, hello = launched, running = hello, ended = null, billedUntil = null } = times;
  return {
    ...{ id: `a${number}`, jobId: 'j', attempt: number, provider: 'simulated', region: 'us-east', zone: 'us-east-c' },
    ...{
      instanceType: 'cpu-2',
      spot: true,
      priceUsdMicrosPerHour: 26_500,
      reason: '',
      checkpoints: [],
      endingRefused: null,
    },
    ...{ cost: { usdMicros: 100, isFinal: false }, billedFrom: stamp(hello), billedUntil: stamp(billedUntil) },
    state: ended === null ? 'running' : 'ended',
    ending: ended === null ? null : { kind: 'preempted', exitCode: null, message: '' },
    ...{ restoredFrom: null, createdAt: at(created), launchedAt: stamp(launched), helloAt: stamp(hello) },
    ...{ lastHeartbeatAt: stamp(running), runningAt: stamp(running), endedAt: stamp(ended) },
  };
}

const job = (finished: number | null) => ({
  state: finished === null ? ('running' as const) : ('succeeded' as const),
  createdAt: at(0),
  finishedAt: stamp(finished),
});
const told = (lane: Lane | undefined) =>
  lane?.segments.map(({ kind, startMs, endMs }) => [kind, (startMs - zero) / 1000, (endMs - zero) / 1000]);
const timeOf = (attempts: readonly AttemptView[], finished: number | null = null) =>
  timelineOf(job(finished), attempts, zero + 1_000_000);

describe('lanes', () => {
  test('end where the bill ends, and overlapping attempts are each drawn whole', () => {
    const warned = attempt(1, { created: 1, running: 10, ended: 600, billedUntil: 300 });
    const beside = attempt(2, { created: 250, launched: 251, hello: 260, running: 270 });
    const { lanes } = timeOf([warned, beside]);
    expect(told(lanes[0])).toEqual([
      ['prepare', 0, 1],
      ['setup', 1, 10],
      ['train', 10, 300],
    ]);
    expect(told(lanes[1])).toEqual([
      ['queue', 250, 251],
      ['provision', 251, 260],
      ['setup', 260, 270],
      ['train', 270, 1000],
    ]);
    expect(lanes[1]?.segments.at(-1)?.isOpen).toBe(true);
  });

  test('show the time for which a machine is billed after its attempt has ended', () => {
    const first = attempt(1, { created: 0, running: 10, ended: 100, billedUntil: 130 });
    const { lanes } = timeOf([first, attempt(2, { created: 160, running: 170, ended: 180 })], 200);
    expect(told(lanes[0])?.slice(1)).toEqual([
      ['train', 10, 100],
      ['release', 100, 130],
      ['recover', 130, 160],
    ]);
    expect(told(lanes[1])?.at(-1)).toEqual(['finish', 180, 200]);
  });

  test('take no bill that ended before the launch', () => {
    const { lanes } = timeOf([attempt(1, { created: 10, running: 20, ended: 90, billedUntil: 5 })], 90);
    expect(told(lanes[0])?.at(-1)).toEqual(['train', 20, 90]);
  });

  const second = fc.integer({ min: 0, max: 900 });
  const anyTimes = fc.record({
    created: second,
    launched: fc.option(second),
    hello: fc.option(second),
    running: fc.option(second),
    ended: fc.option(second),
    billedUntil: fc.option(second),
  });

  test('have neither holes nor machines beyond their bill, whatever the clocks said', () => {
    fc.assert(
      fc.property(fc.array(anyTimes, { maxLength: 5 }), fc.option(fc.integer({ min: 900, max: 1000 })), (all, end) => {
        const attempts = all.map((times, index) => attempt(index + 1, times));
        const timeline = timeOf(attempts, end);
        for (const { segments, attempt: own } of timeline.lanes) {
          for (const [index, { kind, startMs, endMs }] of segments.entries()) {
            expect(startMs).toBeGreaterThanOrEqual(timeline.startMs);
            expect(endMs).toBeLessThanOrEqual(timeline.endMs);
            expect(endMs).toBeGreaterThanOrEqual(startMs);
            if (index > 0) expect(startMs).toBe(segments[index - 1]?.endMs);
            const until = own?.billedUntil ?? null;
            const launched = own?.launchedAt ?? own?.createdAt ?? null;
            if (kind === 'train' && until !== null && launched !== null && until > launched)
              expect(endMs).toBeLessThanOrEqual(Math.max(startMs, Date.parse(until)));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('of an attempt do not depend on what overlaps it', () => {
    fc.assert(
      fc.property(anyTimes, anyTimes, (one, other) => {
        const held = (lane: Lane | undefined) =>
          lane?.segments.filter(({ kind }) => kind === 'train' || kind === 'setup' || kind === 'provision');
        const [first, second] = [attempt(1, one), attempt(2, other)];
        const third = attempt(3, { created: 900 });
        const [, together] = timeOf([first, second, third]).lanes;
        const [, , alone] = timeOf([attempt(0, { created: 0 }), attempt(1, { created: 0 }), second, third]).lanes;
        expect(held(together)).toEqual(held(alone));
      }),
    );
  });
});

describe('what an attempt says of itself', () => {
  test('its machine, market and price; a machine without a price has no market', () => {
    const one = attempt(1, { created: 0 });
    expect(offerWords(one)).toBe('simulated · us-east-c · cpu-2 · spot · $0.0265/h');
    expect(offerWords({ ...one, zone: null, spot: false, priceUsdMicrosPerHour: 1_200_000 })).toBe(
      'simulated · us-east · cpu-2 · on demand · $1.20/h',
    );
    const local = { ...one, provider: 'local', region: 'local', zone: null, priceUsdMicrosPerHour: 0 };
    expect(offerWords(local)).toBe('local · cpu-2');
  });

  const saved = (name: string, createdAt: number) => ({ name, sequence: 1, createdAt: at(createdAt) });
  const before = { ...attempt(1, { created: 0, running: 10, ended: 300, billedUntil: 200 }) };

  test('where it resumed, and what was lost since', () => {
    const first = { ...before, checkpoints: [saved('checkpoint-000000038000.ckpt', 188)] };
    const second = { ...attempt(2, { created: 210 }), restoredFrom: 'checkpoint-000000038000.ckpt' };
    const resume = resumeOf(second, [first, second], []);
    expect(resume).toEqual({ checkpoint: 'checkpoint-000000038000.ckpt', step: 38_000, lostMs: 12_000 });
    expect(resume && resumeWords(resume)).toBe('resumed at step 38,000, lost 12 s');
  });

  test('the step at the checkpoint by the metrics, where its name tells none', () => {
    const point = (step: number, second: number): MetricPoint => ({
      ...{ attempt: 1, name: 'loss', step, epoch: null, time: at(second), value: 1 },
    });
    const first = { ...before, checkpoints: [saved('best', 100)] };
    const second = { ...attempt(2, { created: 210 }), restoredFrom: 'best' };
    expect(resumeOf(second, [first, second], [point(5, 90), point(7, 99), point(9, 150)])?.step).toBe(7);
    const unknown = resumeOf(second, [first, second], []);
    expect(unknown && resumeWords(unknown)).toBe('resumed from best, lost 1 min 40 s');
  });

  test('that it began anew, and nothing before it trains or where none had trained', () => {
    const second = attempt(2, { created: 210 });
    const anew = resumeOf(second, [before, second], []);
    expect(anew && resumeWords(anew)).toBe('started from the beginning, lost 3 min 10 s');
    expect(resumeOf({ ...second, runningAt: null }, [before, second], [])).toBeNull();
    expect(resumeOf(second, [{ ...before, runningAt: null }, second], [])).toBeNull();
  });
});

test('labels of ticks never meet, however long the time and narrow the screen', () => {
  const width = (label: string): number => label.length * 6.5;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 90 * 86_400_000 }), fc.integer({ min: 0, max: 2000 }), (wholeMs, widthPx) => {
      let reached = -Infinity;
      for (const { atMs, label, isBefore } of timelineTicks(wholeMs, widthPx)) {
        const place = (atMs / Math.max(1, wholeMs)) * widthPx;
        const from = isBefore ? place - width(label) : place;
        expect(from).toBeGreaterThanOrEqual(reached);
        reached = from + width(label);
      }
    }),
  );
  expect(timelineTicks(480_000, 900).map(({ label }) => label)).toContain('2 min');
});
