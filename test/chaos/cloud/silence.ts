import { pick, randomFrom } from '../random.ts';
import type { Machines, Wanted } from './schedule.ts';
import { feltOf } from './worlds.ts';

const share = 0.25;

/**
 * Machines that are reported as running but stay silent: never booted, stopped, or cut off, most of them permanently.
 * Drawn from a separate random stream, so that the rest of a seed's schedules stays unchanged.
 */
export function silenceIn(seed: number, index: number, machines: Machines): readonly Wanted[] {
  const random = randomFrom(seed * 100_003 + index);
  if (random() >= share) return [];
  // Real runners share this machine's network, so they cannot be partitioned.
  const how = pick(random, ['never-boots', 'stopped', machines === 'runner' ? 'stopped' : 'partitioned'] as const);
  if (how === 'never-boots') {
    const rule = { operation: 'create', fault: { kind: how }, count: 1, forSeconds: null, probability: 1 } as const;
    return [{ at: { point: 'start', nth: 1, delayMs: 0 }, action: { do: 'cloud-fault', rule, anywhere: false } }];
  }
  const forSeconds = random() < 0.2 ? feltOf(machines)(0.5) : null;
  const point = pick(random, ['provider:launch:after', 'api:signalRunnerEvent:after'] as const);
  const delayMs = Math.floor(random() * 500);
  return [{ at: { point, nth: 1, delayMs }, action: { do: 'silence', how, forSeconds } }];
}
