import type * as Sdk from '@aws-sdk/client-ec2';
import { ArtenicError, isArtenicError } from '../../../core/errors.ts';
import type { InstanceDescription, InstanceHandle, PreemptionEvidence } from '../provider.ts';

type EndedBy = NonNullable<InstanceDescription['endedBy']>;

const states: Readonly<Record<Sdk.InstanceStateName, InstanceDescription['state']>> = {
  pending: 'starting',
  running: 'running',
  'shutting-down': 'stopping',
  stopping: 'stopping',
  // the platform never stops instances; the disk of a stopped one is still billed
  stopped: 'stopping',
  terminated: 'gone',
};

/** State reasons (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html). */
const endsByReason: ReadonlyMap<string, EndedBy> = new Map([
  ['Client.UserInitiatedShutdown', 'request'],
  ['Client.InstanceInitiatedShutdown', 'itself'],
  ['Server.SpotInstanceTermination', 'preemption'],
  ['Server.SpotInstanceShutdown', 'preemption'],
]);

/** State reasons of an instance that never started, which is no preemption. */
const neverStarted = new Set([
  'Server.InsufficientInstanceCapacity',
  'Server.InternalError',
  'Client.InternalError',
  'Client.VolumeLimitExceeded',
  'Client.InvalidSnapshot.NotFound',
]);

/** Status codes of spot requests (docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-request-status.html). */
const takenBack = new Set([
  'instance-terminated-by-price',
  'instance-terminated-by-service',
  'instance-terminated-no-capacity',
  'instance-terminated-capacity-oversubscribed',
  'instance-terminated-launch-group-constraint',
  'instance-terminated-by-experiment',
]);
const warned = new Set(['marked-for-termination', 'marked-for-stop']);
/** Time from notice to end (docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html). */
const noticeMs = 120_000;

/** Throws `unknown-state` for a state that EC2's documentation does not name. */
export function describe(
  instance: Sdk.Instance,
  spotRequest: Sdk.SpotInstanceRequest | null,
  handle: InstanceHandle,
): InstanceDescription {
  const said = instance.State?.Name ?? '';
  const state = Object.hasOwn(states, said) ? states[said as keyof typeof states] : undefined;
  if (state === undefined) {
    throw new ArtenicError('unknown-state', `EC2 says that ${instance.InstanceId} is ${JSON.stringify(said)}.`);
  }
  const endedBy = state === 'gone' ? endOf(instance, spotRequest) : null;
  const endedAt = state === 'gone' ? endTimeOf(instance, spotRequest) : null;
  return {
    handle,
    state,
    endedBy,
    launchedAt: instance.LaunchTime?.toISOString() ?? null,
    endedAt,
    preemption: preemptionOf(instance, spotRequest, endedBy, endedAt),
  };
}

/** The description of one instance among many; empty when the adapter does not know its state. */
export function describeKnown(instance: Sdk.Instance, handle: InstanceHandle): readonly InstanceDescription[] {
  try {
    return [describe(instance, null, handle)];
  } catch (error) {
    if (isArtenicError(error, 'unknown-state')) return [];
    throw error;
  }
}

function endOf({ StateReason }: Sdk.Instance, spotRequest: Sdk.SpotInstanceRequest | null): EndedBy {
  const byReason = endsByReason.get(StateReason?.Code ?? '');
  if (byReason !== undefined) return byReason;
  return takenBack.has(spotRequest?.Status?.Code ?? '') ? 'preemption' : 'unknown';
}

/** Reads the end time from the reason text, as EC2 has no field for it: `User initiated (2026-11-23 09:01:47 GMT)`. */
function endTimeOf(
  { StateTransitionReason }: Sdk.Instance,
  spotRequest: Sdk.SpotInstanceRequest | null,
): string | null {
  const match = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:GMT|UTC)\)/.exec(StateTransitionReason ?? '');
  if (match !== null) return new Date(`${match[1]}T${match[2]}Z`).toISOString();
  return spotRequest?.Status?.UpdateTime?.toISOString() ?? null;
}

function preemptionOf(
  { StateReason }: Sdk.Instance,
  spotRequest: Sdk.SpotInstanceRequest | null,
  endedBy: EndedBy | null,
  endedAt: string | null,
): PreemptionEvidence | null {
  const { Code = '', UpdateTime } = spotRequest?.Status ?? {};
  if (endedBy === 'preemption') return { evidence: 'provider-record', at: endedAt };
  if (endedBy === 'unknown') {
    return neverStarted.has(StateReason?.Code ?? '') ? null : { evidence: 'disappeared', at: endedAt };
  }
  // a machine that powers itself off after a warning ends by itself, but the warning is the cause
  if (endedBy === 'request' || !(warned.has(Code) || takenBack.has(Code))) return null;
  return {
    evidence: 'notice',
    at: UpdateTime === undefined ? null : new Date(UpdateTime.getTime() + noticeMs).toISOString(),
  };
}

/** Orders by launch time, then by id, so that every process chooses the same instance. */
export function oldestFirst(one: Sdk.Instance, other: Sdk.Instance): number {
  const byTime = (one.LaunchTime?.getTime() ?? 0) - (other.LaunchTime?.getTime() ?? 0);
  if (byTime !== 0) return byTime;
  return (one.InstanceId ?? '') < (other.InstanceId ?? '') ? -1 : 1;
}
