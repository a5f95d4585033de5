import { seededDraw } from './random.ts';
import { keyOf, type CloudState } from './state.ts';
import type { InstanceType, World } from './world.ts';

const microsPerUsd = 1_000_000;
const msPerHour = 3_600_000;

/** Current price of one hour in USD micros; null when the type has no such market. */
export function priceNow(
  world: World,
  state: CloudState,
  what: { readonly region: string; readonly type: InstanceType; readonly spot: boolean },
  nowMs: number,
): number | null {
  const { region, type, spot } = what;
  const set = state.prices.get(keyOf(region, type.name, spot));
  const list = spot ? type.spotUsdPerHour : type.onDemandUsdPerHour;
  if (list === null) return null;
  if (set !== undefined) return set;
  const factor = world.regions.find(({ name }) => name === region)?.priceFactor ?? 1;
  return Math.round(list * factor * (spot ? spotFactor(world, state, what, nowMs) : 1) * microsPerUsd);
}

function spotFactor(
  { spotPrices }: World,
  { seed, originMs }: CloudState,
  { region, type }: { readonly region: string; readonly type: InstanceType },
  nowMs: number,
): number {
  if (spotPrices === null) return 1;
  const period = Math.floor((nowMs - originMs) / (spotPrices.everyHours * msPerHour));
  return 1 + spotPrices.spread * (2 * seededDraw(seed)(`price:${region}:${type.name}:${period}`) - 1);
}

/** Billed time: from running to the end, at least the minimum, rounded up to whole granules. */
export function billedTime(ranMs: number, { billing }: Pick<World, 'billing'>): number {
  const granuleMs = billing.granularitySeconds * 1000;
  return Math.round(Math.ceil(Math.max(ranMs, billing.minimumSeconds * 1000) / granuleMs - 1e-9) * granuleMs);
}

/**
 * USD micros, rounded up. Computed in integers: a large machine's yearly price times its milliseconds exceeds a double.
 */
export function costOf(priceUsdMicrosPerHour: number, billedMs: number): number {
  const product = BigInt(priceUsdMicrosPerHour) * BigInt(Math.round(billedMs));
  return Number((product + BigInt(msPerHour - 1)) / BigInt(msPerHour));
}
