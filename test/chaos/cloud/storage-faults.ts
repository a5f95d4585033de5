import { pick, randomFrom } from '../random.ts';
import type { Wanted } from './schedule.ts';

const stallShare = 0.12;
const lossShare = 0.2;
/**
 * Shorter than the silence after which a machine is given up: a runner that waits for its last upload sends no
 * heartbeats.
 */
const stallMs = 4000;
const lives = ['provider:launch:after', 'api:signalRunnerEvent:after'] as const;

/**
 * The object storage stalls for all, or loses the answers to a job's writes. Drawn from a separate random stream, like
 * silence.
 */
export function storageFaultsIn(seed: number, index: number): readonly Wanted[] {
  const random = randomFrom(seed * 200_003 + index);
  const found: Wanted[] = [];
  if (random() < stallShare) {
    const at = { point: pick(random, lives), nth: 1, delayMs: 1 + Math.floor(random() * 400) };
    found.push({ at, action: { do: 'storage-stall', forMs: stallMs } });
  }
  if (random() < lossShare) {
    const count = 1 + Math.floor(random() * 3);
    found.push({
      at: { point: 'start', nth: 1, delayMs: 0 },
      action: { do: 'storage-answer-lost', count },
    });
  }
  return found;
}
