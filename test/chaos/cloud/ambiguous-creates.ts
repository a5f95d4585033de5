import { pick, randomFrom } from '../random.ts';
import type { Wanted } from './schedule.ts';

const share = 0.25;

/**
 * Creates that are done without an answer: the hardest promise is that none of them makes a second instance. Drawn by
 * itself, as silence is.
 */
export function ambiguousCreatesIn(seed: number, index: number): readonly Wanted[] {
  const random = randomFrom(seed * 300_007 + index);
  if (random() >= share) return [];
  const count = pick(random, [1, 1, 2]);
  const rule = {
    operation: 'create',
    fault: { kind: 'answer-lost' },
    count,
    forSeconds: null,
    probability: 1,
  } as const;
  return [{ at: { point: 'start', nth: 1, delayMs: 0 }, action: { do: 'cloud-fault', rule, anywhere: false } }];
}
