import type { EntryBody } from './entries.ts';
import { billedTime, costOf } from './prices.ts';
import { between, type Draw } from './random.ts';
import type { CloudState, Instance } from './state.ts';
import type { World } from './world.ts';

export type Due = { readonly atMs: number; readonly body: EntryBody };

/** The next event that happens without a request; null when there is none. */
export function nextDue(world: World, state: CloudState, draw: Draw): Due | null {
  let first: Due | null = null;
  for (const instance of state.live.values()) {
    const due = dueOf(world, instance, state.lastMs, draw);
    if (due !== null && (first === null || due.atMs < first.atMs)) first = due;
  }
  return first === null ? null : { ...first, atMs: Math.max(first.atMs, state.lastMs) };
}

function dueOf(world: World, instance: Instance, lastMs: number, draw: Draw): Due | null {
  const { instanceId, stopping, powered, runningAtMs, bootAtMs, fate, notice } = instance;
  if (stopping !== null) {
    const atMs = Math.max(stopping.stopAtMs, lastMs);
    return powered ? null : { atMs, body: endOf(world, instance, atMs) };
  }
  const boot: Due | null = runningAtMs === null ? { atMs: bootAtMs, body: { kind: 'running', instanceId } } : null;
  const taken = fate === null ? null : takenBack(world, instance, draw);
  const warned: Due | null =
    fate === null || fate.noticeAtMs === null || notice !== null
      ? null
      : { atMs: fate.noticeAtMs, body: { kind: 'noticed', instanceId, deadlineMs: fate.endAtMs } };
  return earliest([boot, warned, taken]);
}

function earliest(dues: readonly (Due | null)[]): Due | null {
  return dues.reduce((first, due) => (due !== null && (first === null || due.atMs < first.atMs) ? due : first), null);
}

function takenBack(world: World, { instanceId, fate }: Instance, draw: Draw): Due | null {
  if (fate === null) return null;
  const because = fate.recorded ? 'preemption' : 'disappearance';
  return { atMs: fate.endAtMs, body: stopOf(world, instanceId, because, fate.endAtMs, draw) };
}

export function stopOf(
  { stopSeconds }: World,
  instanceId: string,
  because: 'request' | 'preemption' | 'disappearance',
  atMs: number,
  draw: Draw,
): Extract<EntryBody, { kind: 'stopping' }> {
  const stopAtMs = atMs + Math.round(between(stopSeconds, draw(`stop:${instanceId}`)) * 1000);
  return { kind: 'stopping', instanceId, because, stopAtMs };
}

const endedBy = { request: 'request', preemption: 'preemption', disappearance: 'unknown' } as const;

/** Ledger entry for the end of an instance on which no process runs any more. */
export function endOf(world: World, instance: Instance, atMs: number): Extract<EntryBody, { kind: 'ended' }> {
  const { instanceId, runningAtMs, stopping, priceUsdMicrosPerHour } = instance;
  const billedMs = runningAtMs === null ? 0 : billedTime(Math.max(0, atMs - runningAtMs), world);
  const by = stopping === null ? 'itself' : endedBy[stopping.because];
  return { kind: 'ended', instanceId, endedBy: by, billedMs, costUsdMicros: costOf(priceUsdMicrosPerHour, billedMs) };
}
