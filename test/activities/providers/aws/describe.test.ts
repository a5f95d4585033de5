import type { Instance, SpotInstanceRequest } from '@aws-sdk/client-ec2';
import { expect, test } from '@jest/globals';
import { describe as describeInstance } from '../../../../activities/providers/aws/describe.ts';

const handle = { provider: 'aws', attemptId: 'job/attempt-1', instanceId: 'i-1', region: 'eu-west-1' };
const instance = (state: string, reason?: string, transition?: string): Instance => ({
  ...{ InstanceId: 'i-1', LaunchTime: new Date('2026-11-23T09:00:00Z') },
  State: { Name: state as 'running' },
  ...(reason === undefined ? {} : { StateReason: { Code: reason } }),
  ...(transition === undefined ? {} : { StateTransitionReason: transition }),
});
const spot = (code: string): SpotInstanceRequest => ({
  Status: { Code: code, UpdateTime: new Date('2026-11-23T10:00:00Z') },
});

test.each([
  ['pending', 'starting'],
  ['running', 'running'],
  ['shutting-down', 'stopping'],
  ['stopping', 'stopping'],
  ['stopped', 'stopping'],
])('%s is %s, and no end', (said, state) => {
  expect(describeInstance(instance(said), null, handle)).toMatchObject({ state, endedBy: null, endedAt: null });
});

/** Answers written after AWS's documentation, because no emulator produces them. */
test.each([
  ['Client.UserInitiatedShutdown', 'instance-terminated-by-user', 'request', null],
  ['Client.InstanceInitiatedShutdown', null, 'itself', null],
  // The instance switched itself off because of the warning.
  ['Client.InstanceInitiatedShutdown', 'marked-for-termination', 'itself', 'notice'],
  ['Server.SpotInstanceTermination', null, 'preemption', 'provider-record'],
  ['Server.SpotInstanceShutdown', 'marked-for-termination', 'preemption', 'provider-record'],
  ['', 'instance-terminated-by-price', 'preemption', 'provider-record'],
  ['', 'instance-terminated-no-capacity', 'preemption', 'provider-record'],
  ['', 'instance-terminated-by-experiment', 'preemption', 'provider-record'],
  ['', 'instance-terminated-by-user', 'unknown', 'disappeared'],
  ['', null, 'unknown', 'disappeared'],
  // The instance never started.
  ['Server.InsufficientInstanceCapacity', null, 'unknown', null],
  ['Client.VolumeLimitExceeded', null, 'unknown', null],
])(
  'a terminated instance with reason %j and spot request %j ended by %j, evidence %j',
  (reason, code, by, evidence) => {
    const request = code === null ? null : spot(code);
    const found = describeInstance(instance('terminated', reason, 'x (2026-11-23 10:02:03 GMT)'), request, handle);
    expect(found).toMatchObject({ state: 'gone', endedBy: by, endedAt: '2026-11-23T10:02:03.000Z' });
    expect(found.preemption?.evidence ?? null).toBe(evidence);
  },
);

test('a running instance whose request is marked has been warned, two minutes ahead', () => {
  const found = describeInstance(instance('running'), spot('marked-for-termination'), handle);
  expect(found.preemption).toEqual({ evidence: 'notice', at: '2026-11-23T10:02:00.000Z' });
});

test('the time of the end is the spot request’s where the instance has none, or unknown', () => {
  const gone = instance('terminated', 'Server.SpotInstanceTermination', '');
  expect(describeInstance(gone, spot('instance-terminated-no-capacity'), handle).endedAt).toBe(
    '2026-11-23T10:00:00.000Z',
  );
  expect(describeInstance(gone, null, handle)).toMatchObject({ endedAt: null, preemption: { at: null } });
});
