import { createHash } from 'node:crypto';

/**
 * A number in [0, 1) that depends only on the seed and the label: it needs no state, so a restart draws the same
 * numbers.
 */
export type Draw = (label: string) => number;

const twoTo48 = 2 ** 48;

export function seededDraw(seed: number): Draw {
  return (label) => createHash('sha256').update(`${seed}:${label}`).digest().readUIntBE(0, 6) / twoTo48;
}

export function between([least, most]: readonly [number, number], share: number): number {
  return least + (most - least) * share;
}

/** Exponentially distributed with this mean: the time to a memoryless event. */
export function waitingTime(mean: number, share: number): number {
  return -Math.log(1 - share) * mean;
}
