import { expect, test } from '@jest/globals';
import { objectKeys } from '@artenic/core';
import fc from 'fast-check';
import { dueStages, goesIn, jobStages, keptCheckpoints, needlessCheckpoints } from '../../../core/retention/due.ts';
import { defaultPeriods, objectKindOf, objectKinds, objectRules } from '../../../core/retention/rules.ts';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 6, 1);
const facts = fc.record({
  finishedAtMs: fc.option(fc.integer({ min: nowMs - 1000 * dayMs, max: nowMs })),
  unsettledAttempts: fc.nat({ max: 2 }),
  isNamedByModel: fc.boolean(),
});

test('nothing of a job goes while it lives, or while an attempt is not settled', () => {
  fc.assert(
    fc.property(facts, (job) => {
      const due = dueStages(job, nowMs, defaultPeriods);
      fc.pre(job.finishedAtMs === null || job.unsettledAttempts > 0);
      expect(due.size).toBe(0);
    }),
  );
});

test('what has gone stays due, stages come in their order, and a job that a model names stays', () => {
  fc.assert(
    fc.property(facts, fc.nat({ max: 1000 * dayMs }), (job, laterMs) => {
      const due = dueStages(job, nowMs, defaultPeriods);
      const later = dueStages(job, nowMs + laterMs, defaultPeriods);
      for (const stage of due) expect(later).toContain(stage);
      if (due.has('job')) expect(due.has('details')).toBe(true);
      if (due.has('details')) expect(due.has('checkpoints')).toBe(true);
      if (job.isNamedByModel) expect(due.has('job')).toBe(false);
    }),
  );
});

test('of a living job the newest three whole checkpoints and all of open attempts stay', () => {
  const places = fc
    .uniqueArray(
      fc.record({
        attempt: fc.integer({ min: 1, max: 6 }),
        sequence: fc.integer({ min: 1, max: 6 }),
        isWhole: fc.boolean(),
      }),
      { selector: ({ attempt, sequence }) => attempt * 10 + sequence },
    )
    .map((all) => all.toSorted((one, other) => other.attempt - one.attempt || other.sequence - one.sequence));
  fc.assert(
    fc.property(places, fc.array(fc.integer({ min: 1, max: 6 })), (all, open) => {
      const needless = new Set(needlessCheckpoints(all, new Set(open)));
      const whole = all.filter(({ isWhole }) => isWhole);
      for (const place of whole.slice(0, keptCheckpoints)) expect(needless.has(place)).toBe(false);
      for (const place of needless) {
        expect(open).not.toContain(place.attempt);
        expect(whole.filter((one) => all.indexOf(one) < all.indexOf(place)).length).toBeGreaterThanOrEqual(3);
      }
      // Every checkpoint of a settled attempt that is older than three whole ones is removed.
      const third = whole[keptCheckpoints - 1];
      if (third === undefined) return;
      const older = all.slice(all.indexOf(third) + 1).filter(({ attempt }) => !open.includes(attempt));
      expect([...needless]).toEqual(older);
    }),
  );
});

/** A key from each function in `objectKeys`; a new function without a kind fails here. */
const madeKeys = (): readonly (readonly [string, string])[] => {
  const args: Readonly<Record<string, readonly unknown[]>> = {
    output: ['job', 2, 'models/weights.bin'],
    logChunk: ['job', 2, 'training', 0, 100],
  };
  return Object.entries(objectKeys).map(([name, make]) => [
    name,
    (make as (...all: unknown[]) => string)(...(args[name] ?? ['job', 2, 3])),
  ]);
};

test.each(madeKeys())('%s: every key that we make is of a kind with a rule: %s', (_name, key) => {
  // For a prefix, the kind is that of the keys below it.
  const kind = objectKindOf(key.endsWith('attempts/') ? `${key}1/completion.json` : key);
  expect(kind).not.toBeNull();
  expect(kind === null ? null : objectRules[kind].owner).toEqual(expect.any(String));
});

test('every kind of object is made by somebody, and goes with its job or by a rule of its own', () => {
  const kinds = new Set(madeKeys().map(([, key]) => objectKindOf(key)));
  expect([...kinds].filter((kind) => kind !== null).toSorted()).toEqual([...objectKinds].toSorted());
  for (const kind of objectKinds) {
    const isOfJob = ['checkpoint', 'spare', 'log', 'history', 'completion', 'output'].includes(kind);
    expect(jobStages.some((stage) => goesIn(stage, kind))).toBe(isOfJob);
    expect(goesIn('job', kind)).toBe(isOfJob);
  }
});

test('keys that are not ours are of no kind', () => {
  for (const key of ['', 'x', 'jobs', 'jobs/1', 'jobs/1/notes.txt', 'jobs/1/attempts/1/notes', 'backup/data/1'])
    expect(objectKindOf(key)).toBeNull();
  expect(goesIn('job', null)).toBe(false);
});
