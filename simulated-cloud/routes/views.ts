import type { Instance } from '../rules/state.ts';

export type InstanceView = {
  readonly instanceId: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly region: string;
  readonly zone: string;
  readonly instanceType: string;
  readonly spot: boolean;
  readonly state: string;
  readonly stateReason: 'UserRequest' | 'SpotPreemption' | 'InstanceInitiated' | null;
  readonly priceUsdMicrosPerHour: number;
  readonly createdAt: string;
  /** Billing starts at this time. */
  readonly startedAt: string | null;
  readonly preemptionAt: string | null;
  readonly endedAt: string | null;
};

const reasons = {
  request: 'UserRequest',
  preemption: 'SpotPreemption',
  itself: 'InstanceInitiated',
  unknown: null,
} as const;

/** The instance as it was at `atMs`; null when it did not exist yet. */
export function viewAt(instance: Instance, atMs: number): InstanceView | null {
  const { createdAtMs, runningAtMs, stopping, ended, notice, instanceId, name, tags, region, zone, instanceType } =
    instance;
  if (createdAtMs > atMs) return null;
  const isEnded = ended !== null && ended.atMs <= atMs;
  const isStopping = stopping !== null && stopping.atMs <= atMs;
  const isRunning = runningAtMs !== null && runningAtMs <= atMs;
  const state = isEnded ? 'terminated' : isStopping ? 'shutting-down' : isRunning ? 'running' : 'pending';
  return {
    ...{ instanceId, name, tags, region, zone, instanceType, spot: instance.spot },
    state: isEnded ? state : (instance.brokenState ?? state),
    stateReason: isEnded ? reasons[ended.endedBy] : null,
    priceUsdMicrosPerHour: instance.priceUsdMicrosPerHour,
    createdAt: iso(createdAtMs),
    startedAt: isRunning ? iso(runningAtMs) : null,
    preemptionAt: notice !== null && notice.atMs <= atMs ? iso(notice.deadlineMs) : null,
    endedAt: isEnded ? iso(ended.atMs) : null,
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
