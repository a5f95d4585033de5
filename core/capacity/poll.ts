const msPerPlace = 2000;
const bounds = { leastMs: 5000, mostMs: 3_600_000 };
/** An attempt this near to the head of the queue also grants claims that a dead process left ungranted. */
export const nearHead = 8;

/**
 * How long an attempt waits before it asks again for its place. The signal of the grant nearly always arrives first,
 * and a lost signal is repeated, so polling is only a backstop: 10,000 waiting attempts together poll about six times a
 * second.
 */
export function capacityPollMs(place: number): number {
  return Math.min(Math.max(place * msPerPlace, bounds.leastMs), bounds.mostMs);
}
