const msPerPlace = 2000;
const bounds = { leastMs: 5000, mostMs: 3_600_000 };
/** So near to the head of the queue an attempt also tries to grant what a dead process left ungranted. */
export const nearHead = 8;

/**
 * How long an attempt waits before it asks again for its place. The signal of the grant nearly always comes first, and a
 * lost one is repeated, so this is only a backstop: 10,000 waiting attempts look six times a second, all together.
 */
export function capacityPollMs(place: number): number {
  return Math.min(Math.max(place * msPerPlace, bounds.leastMs), bounds.mostMs);
}
