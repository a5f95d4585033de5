import { z } from 'zod';
import type { Created, Fate } from './entries.ts';
import { priceNow } from './prices.ts';
import { between, waitingTime, type Draw } from './random.ts';
import { Refusal } from './refusals.ts';
import { keyOf, type CloudState, type Instance } from './state.ts';
import type { AvailabilityTrace, InstanceType, World } from './world.ts';

const msPerHour = 3_600_000;

export const createRequestSchema = z.strictObject({
  name: z.string().min(1).max(255),
  clientToken: z.string().min(1).max(64).optional(),
  region: z.string(),
  /** When absent: any zone of the region that has capacity. */
  zone: z.string().optional(),
  instanceType: z.string(),
  spot: z.boolean(),
  tags: z.record(z.string().min(1).max(128), z.string().max(16_384)).default({}),
  /** Data that the machine boots with. */
  userData: z.string().max(65_536).default(''),
});
export type CreateRequest = z.output<typeof createRequestSchema>;

/**
 * Returns the instance that an earlier request with this token made, or the entry for a new one. Throws a `Refusal`.
 */
export function decideCreate(
  world: World,
  state: CloudState,
  request: CreateRequest,
  nowMs: number,
  draw: Draw,
  boots: boolean,
): { readonly made: Instance } | { readonly entry: Created } {
  const { name, clientToken, region, instanceType, spot, tags } = request;
  const earlier = world.clientTokens === 'honoured' ? instanceOfToken(state, clientToken) : null;
  if (earlier !== null) return { made: earlier };
  const { type, zones } = placeOf(world, request);
  if (world.duplicateNames === 'refused' && state.byName.has(name)) {
    throw new Refusal('NameTaken', `There is an instance named ${name} already.`);
  }
  const price = priceNow(world, state, { region, type, spot }, nowMs);
  if (price === null) throw new Refusal('InvalidParameter', `${instanceType} has no spot market.`);
  refuseOverQuota(world, state, { region, spot, vcpu: type.vcpu });
  const zone = zones.find((one) => hasRoom(world, state, { zone: one, type, spot, nowMs }));
  if (zone === undefined) {
    throw new Refusal('InsufficientCapacity', `${request.zone ?? region} has no ${instanceType} left.`);
  }
  const instanceId = `i-${String(state.lastSeq + 1).padStart(9, '0')}`;
  const bootAtMs = nowMs + Math.round(between(world.bootSeconds, draw(`boot:${instanceId}`)) * 1000);
  const slot = spot ? freeSlot(state, zone) : null;
  return {
    entry: {
      ...{ kind: 'created', instanceId, name, clientToken: clientToken ?? null, tags, region, zone, instanceType },
      ...{ vcpu: type.vcpu, spot, slot, priceUsdMicrosPerHour: price, bootAtMs, boots },
      lagMs: Math.round(between(world.listLagSeconds, draw(`lag:${instanceId}`)) * 1000),
      fate: slot === null ? null : fateOf(world, state, { instanceId, zone, slot, bootAtMs, nowMs }, draw),
    },
  };
}

function instanceOfToken(state: CloudState, clientToken: string | undefined): Instance | null {
  const id = clientToken === undefined ? undefined : state.byClientToken.get(clientToken);
  return id === undefined ? null : (state.instances.get(id) ?? null);
}

function placeOf(
  { regions, instanceTypes }: World,
  { region, zone, instanceType }: CreateRequest,
): { readonly type: InstanceType; readonly zones: readonly string[] } {
  const type = instanceTypes.find(({ name }) => name === instanceType);
  if (type === undefined) throw new Refusal('InvalidParameter', `There is no instance type ${instanceType}.`);
  const zones = regions.find(({ name }) => name === region)?.zones;
  if (zones === undefined) throw new Refusal('InvalidParameter', `There is no region ${region}.`);
  if (zone === undefined) return { type, zones };
  if (!zones.includes(zone)) throw new Refusal('InvalidParameter', `${region} has no zone ${zone}.`);
  return { type, zones: [zone] };
}

function refuseOverQuota(
  { quotas }: World,
  state: CloudState,
  { region, spot, vcpu }: { readonly region: string; readonly spot: boolean; readonly vcpu: number },
): void {
  const set = state.quotas.get(keyOf(region, spot));
  const quota = set === undefined ? (spot ? quotas.spotVcpu : quotas.onDemandVcpu) : set;
  if (quota === null) return;
  const used = [...state.live.values()]
    .filter((instance) => instance.region === region && instance.spot === spot)
    .reduce((sum, instance) => sum + instance.vcpu, 0);
  if (used + vcpu <= quota) return;
  const market = spot ? 'spot' : 'on-demand';
  throw new Refusal(
    'QuotaExceeded',
    `${used} of ${quota} ${market} vCPUs are in use in ${region}; ${vcpu} more are too many.`,
  );
}

type Place = { readonly zone: string; readonly type: InstanceType; readonly spot: boolean; readonly nowMs: number };

function hasRoom(world: World, state: CloudState, { zone, type, spot, nowMs }: Place): boolean {
  const inZone = [...state.live.values()].filter((instance) => instance.zone === zone);
  const capacity =
    state.capacities.get(keyOf(zone, type.name)) ?? state.capacities.get(keyOf(zone, null)) ?? world.zoneCapacity;
  if (capacity !== null && inZone.filter(({ instanceType }) => instanceType === type.name).length >= capacity)
    return false;
  const ticks = world.trace?.zones[zone];
  if (!spot || world.trace === null || ticks === undefined) return true;
  return freeSlot(state, zone) < capacityAt(world.trace, ticks, nowMs - state.originMs);
}

/** The lowest slot that no live spot instance of the zone holds. */
function freeSlot(state: CloudState, zone: string): number {
  const taken = new Set([...state.live.values()].filter((one) => one.zone === zone).map((one) => one.slot));
  for (let slot = 0; ; slot++) if (!taken.has(slot)) return slot;
}

function capacityAt({ gapSeconds }: AvailabilityTrace, ticks: readonly number[], sinceOriginMs: number): number {
  return ticks[Math.floor(sinceOriginMs / (gapSeconds * 1000)) % ticks.length] ?? 0;
}

type Born = {
  readonly instanceId: string;
  readonly zone: string;
  readonly slot: number;
  readonly bootAtMs: number;
  readonly nowMs: number;
};

function fateOf(world: World, state: CloudState, born: Born, draw: Draw): Fate | null {
  const { meanHours, noticeSeconds, noticeShare, disappearShare } = world.preemption;
  const { instanceId, bootAtMs } = born;
  const drawn =
    meanHours === null ? Infinity : bootAtMs + waitingTime(meanHours * msPerHour, draw(`life:${instanceId}`));
  const endAtMs = Math.round(Math.min(drawn, endInTrace(world.trace, state, born)));
  if (endAtMs === Infinity) return null;
  const recorded = draw(`record:${instanceId}`) >= disappearShare;
  const hasNotice = recorded && noticeSeconds > 0 && draw(`notice:${instanceId}`) < noticeShare;
  const noticeAtMs = hasNotice ? Math.max(born.nowMs, Math.round(endAtMs - noticeSeconds * 1000)) : null;
  return { endAtMs, noticeAtMs, recorded };
}

/** The first tick at which the zone's capacity no longer covers this slot. */
function endInTrace(trace: AvailabilityTrace | null, { originMs }: CloudState, { zone, slot, nowMs }: Born): number {
  const ticks = trace?.zones[zone];
  if (trace === null || ticks === undefined) return Infinity;
  const gapMs = trace.gapSeconds * 1000;
  const now = Math.floor((nowMs - originMs) / gapMs);
  for (let tick = now + 1; tick <= now + ticks.length; tick++) {
    if ((ticks[tick % ticks.length] ?? 0) <= slot) return originMs + tick * gapMs;
  }
  return Infinity;
}
