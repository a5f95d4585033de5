import { pick, randomFrom } from '../random.ts';
import type { Wanted } from './schedule.ts';

const ambiguousShare = 0.25;
const zombieShare = 0.2;

/**
 * Cases that a faulty platform could survive by luck if they were rare: creates whose answer is lost (none may make a
 * second instance), and attempts that return after their replacement. Drawn from a separate random stream, like
 * silence.
 */
export function hardCasesIn(seed: number, index: number): readonly Wanted[] {
  const random = randomFrom(seed * 300_007 + index);
  const found: Wanted[] = [];
  if (random() < ambiguousShare) {
    const count = pick(random, [1, 1, 2]);
    const rule = {
      operation: 'create',
      fault: { kind: 'answer-lost' },
      count,
      forSeconds: null,
      probability: 1,
    } as const;
    found.push({
      at: { point: 'start', nth: 1, delayMs: 0 },
      action: { do: 'cloud-fault', rule, anywhere: false },
    });
  }
  if (random() < zombieShare) {
    found.push(
      {
        at: { point: 'api:signalRunnerEvent:after', nth: 1, delayMs: Math.floor(random() * 200) },
        action: { do: 'preempt', noticeSeconds: null, recorded: true },
      },
      {
        at: { point: 'provider:launch:after', nth: 2, delayMs: 1 + Math.floor(random() * 300) },
        action: { do: 'zombie' },
      },
    );
  }
  return found;
}
