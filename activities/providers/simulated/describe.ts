import { ownValue } from '@artenic/core';
import { ArtenicError, isArtenicError } from '../../../core/errors.ts';
import type { InstanceDescription, InstanceHandle, PreemptionEvidence } from '../provider.ts';
import type { CloudInstance, instanceStates } from './answers.ts';

const states: Readonly<Record<(typeof instanceStates)[number], InstanceDescription['state']>> = {
  pending: 'starting',
  running: 'running',
  'shutting-down': 'stopping',
  terminated: 'gone',
};
const ends: Readonly<Record<string, NonNullable<InstanceDescription['endedBy']>>> = {
  UserRequest: 'request',
  SpotPreemption: 'preemption',
  InstanceInitiated: 'itself',
};

/** Throws `unknown-state` for a state that the cloud's documentation does not name. */
export function describe(instance: CloudInstance, handle: InstanceHandle): InstanceDescription {
  const { instanceId, state: said, stateReason, startedAt, endedAt } = instance;
  const state = Object.hasOwn(states, said) ? states[said as keyof typeof states] : undefined;
  if (state === undefined) {
    throw new ArtenicError('unknown-state', `The simulated cloud says that ${instanceId} is ${JSON.stringify(said)}.`);
  }
  const endedBy = state === 'gone' ? (ownValue(ends, stateReason ?? '') ?? 'unknown') : null;
  return { handle, state, endedBy, launchedAt: startedAt, endedAt, preemption: preemptionOf(instance, endedBy) };
}

/** The description of one instance among many; empty when the adapter does not know its state. */
export function describeKnown(instance: CloudInstance, handle: InstanceHandle): readonly InstanceDescription[] {
  try {
    return [describe(instance, handle)];
  } catch (error) {
    if (isArtenicError(error, 'unknown-state')) return [];
    throw error;
  }
}

function preemptionOf(
  { endedAt, preemptionAt }: CloudInstance,
  endedBy: InstanceDescription['endedBy'],
): PreemptionEvidence | null {
  if (endedBy === 'preemption') return { evidence: 'provider-record', at: endedAt };
  if (endedBy === 'unknown') return { evidence: 'disappeared', at: endedAt };
  // a machine that powers itself off after a warning ends by itself, but the warning is the cause
  return endedBy !== 'request' && preemptionAt !== null ? { evidence: 'notice', at: preemptionAt } : null;
}

/** Orders by creation time, then by id, so that every process chooses the same instance. */
export function oldestFirst(one: CloudInstance, other: CloudInstance): number {
  const byTime = Date.parse(one.createdAt) - Date.parse(other.createdAt);
  return byTime === 0 ? (one.instanceId < other.instanceId ? -1 : 1) : byTime;
}
