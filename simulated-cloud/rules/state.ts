import type { Created, EntryBody, LedgerEntry } from './entries.ts';
import type { FaultRule, StandingFault } from './faults.ts';

export type Instance = Readonly<Omit<Created, 'kind'>> & {
  /** The ledger's number of its creation: orders instances that were created at the same moment. */
  readonly seq: number;
  readonly createdAtMs: number;
  readonly runningAtMs: number | null;
  readonly notice: { readonly atMs: number; readonly deadlineMs: number } | null;
  readonly stopping: (Extract<EntryBody, { kind: 'stopping' }> & { readonly atMs: number }) | null;
  /** True while processes of the machine run. */
  readonly powered: boolean;
  readonly ended: (Extract<EntryBody, { kind: 'ended' }> & { readonly atMs: number }) | null;
  readonly stepsDone: number;
  /** How it is cut off, and until when; without end when null. */
  readonly silence: Pick<Extract<EntryBody, { kind: 'silenced' }>, 'how' | 'untilMs'> | null;
  /** The API answers this in place of the state. */
  readonly brokenState: string | null;
};

/** All knowledge of the cloud, computed only from its ledger. */
export type CloudState = {
  readonly originMs: number;
  readonly scale: number;
  readonly seed: number;
  readonly lastSeq: number;
  readonly lastMs: number;
  readonly instances: Map<string, Instance>;
  /** Instances that have not ended: every turn checks only these. */
  readonly live: Map<string, Instance>;
  readonly byName: Map<string, string[]>;
  readonly byClientToken: Map<string, string>;
  readonly faults: readonly StandingFault[];
  readonly keyExpiries: ReadonlyMap<string, number | null>;
  readonly capacities: ReadonlyMap<string, number>;
  readonly quotas: ReadonlyMap<string, number | null>;
  readonly prices: ReadonlyMap<string, number>;
};

export function emptyState(): CloudState {
  return {
    ...{ originMs: 0, scale: 1, seed: 0, lastSeq: 0, lastMs: 0 },
    ...{ instances: new Map(), live: new Map(), byName: new Map(), byClientToken: new Map() },
    ...{ faults: [], keyExpiries: new Map(), capacities: new Map(), quotas: new Map(), prices: new Map() },
  };
}

export const keyOf = (...parts: readonly (string | boolean | null)[]): string => parts.join('\n');

/**
 * The state after one more entry. The four tables of instances are changed in place (copying them for each of a million
 * entries would take hours); everything else is new.
 */
export function apply(state: CloudState, entry: LedgerEntry): CloudState {
  const next = { ...state, lastSeq: entry.seq, lastMs: entry.atMs };
  switch (entry.kind) {
    case 'opened':
      return { ...next, originMs: entry.originMs, scale: entry.scale, seed: entry.seed };
    case 'faults-set':
      return { ...next, faults: standing(entry) };
    case 'faults-added':
      return { ...next, faults: [...state.faults, ...standing(entry)] };
    case 'fault-fired':
      return {
        ...next,
        faults: state.faults.map((rule) => (rule.id === entry.ruleId ? { ...rule, fired: rule.fired + 1 } : rule)),
      };
    case 'key-expiry-set':
      return { ...next, keyExpiries: withValue(state.keyExpiries, entry.keyId, entry.expiresAtMs) };
    case 'capacity-set':
      return { ...next, capacities: withCapacity(state.capacities, entry) };
    case 'quota-set':
      return { ...next, quotas: withValue(state.quotas, keyOf(entry.region, entry.spot), entry.vcpu) };
    case 'price-set':
      return {
        ...next,
        prices: withValue(state.prices, keyOf(entry.region, entry.instanceType, entry.spot), entry.usdMicrosPerHour),
      };
    case 'created':
      addInstance(state, entry);
      return next;
    case 'running':
    case 'fated':
    case 'noticed':
    case 'stopping':
    case 'powered-off':
    case 'ended':
    case 'script-step':
    case 'state-broken':
    case 'silenced':
      replaceInstance(state, changed(instanceOf(state, entry.instanceId), entry));
      return next;
    default:
      return entry satisfies never;
  }
}

function standing({ rules, atMs }: { readonly rules: readonly FaultRule[]; readonly atMs: number }): StandingFault[] {
  return rules.map((rule) => ({ ...rule, sinceMs: atMs, fired: 0 }));
}

type InstanceEntry = Extract<LedgerEntry, { readonly instanceId: string }>;

function changed(instance: Instance, entry: Exclude<InstanceEntry, { kind: 'created' }>): Instance {
  switch (entry.kind) {
    case 'running':
      return { ...instance, runningAtMs: entry.atMs, powered: true };
    case 'fated':
      // A new notice replaces the earlier one.
      return { ...instance, fate: entry.fate, notice: entry.fate.noticeAtMs === null ? instance.notice : null };
    case 'noticed':
      return { ...instance, notice: { atMs: entry.atMs, deadlineMs: entry.deadlineMs } };
    case 'stopping':
      return { ...instance, stopping: entry };
    case 'powered-off':
      return { ...instance, powered: false };
    case 'ended':
      return { ...instance, ended: entry };
    case 'script-step':
      return { ...instance, stepsDone: entry.step + 1 };
    case 'state-broken':
      return { ...instance, brokenState: entry.state };
    case 'silenced':
      return { ...instance, silence: { how: entry.how, untilMs: entry.untilMs } };
    default:
      return entry satisfies never;
  }
}

function addInstance(state: CloudState, entry: Extract<LedgerEntry, { kind: 'created' }>): void {
  const { name, instanceId, clientToken, atMs } = entry;
  replaceInstance(state, {
    ...entry,
    createdAtMs: atMs,
    ...{ runningAtMs: null, notice: null, stopping: null, powered: false, ended: null },
    ...{ stepsDone: 0, brokenState: null, silence: null },
  });
  state.byName.set(name, [...(state.byName.get(name) ?? []), instanceId]);
  if (clientToken !== null && !state.byClientToken.has(clientToken)) state.byClientToken.set(clientToken, instanceId);
}

function replaceInstance({ instances, live }: CloudState, instance: Instance): void {
  instances.set(instance.instanceId, instance);
  if (instance.ended === null) live.set(instance.instanceId, instance);
  else live.delete(instance.instanceId);
}

function instanceOf({ instances }: CloudState, instanceId: string): Instance {
  const instance = instances.get(instanceId);
  if (instance === undefined) throw new Error(`the ledger speaks of ${instanceId}, which it never made`);
  return instance;
}

function withValue<Value>(map: ReadonlyMap<string, Value>, key: string, value: Value): ReadonlyMap<string, Value> {
  return new Map([...map, [key, value]]);
}

function withCapacity(
  map: ReadonlyMap<string, number>,
  { zone, instanceType, capacity }: Extract<EntryBody, { kind: 'capacity-set' }>,
): ReadonlyMap<string, number> {
  const key = keyOf(zone, instanceType);
  if (capacity !== null) return withValue(map, key, capacity);
  return new Map([...map].filter(([other]) => other !== key));
}
