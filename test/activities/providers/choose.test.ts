import { expect, test } from '@jest/globals';
import { aliveOrNewest } from '../../../activities/providers/choose.ts';
import type { InstanceDescription } from '../../../activities/providers/provider.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const one = (
  instanceId: string,
  state: InstanceDescription['state'],
  times: Partial<InstanceDescription> = {},
): InstanceDescription => ({
  handle: { provider: 'p', attemptId: 'a', instanceId, region: 'r' },
  ...{ state, endedBy: null, launchedAt: null, endedAt: null, preemption: null, ...times },
});

test('of an attempt with several instances the oldest that lives counts, else the last that ended', () => {
  const gone = [one('g1', 'gone', { endedAt: at(5) }), one('g2', 'gone', { endedAt: at(9) })];
  const living = [one('new', 'starting'), one('young', 'running', { launchedAt: at(3) })];
  const oldest = one('old', 'stopping', { launchedAt: at(2) });
  expect(aliveOrNewest([])).toBeNull();
  expect(aliveOrNewest(gone)?.handle.instanceId).toBe('g2');
  expect(aliveOrNewest([...gone, ...living])?.handle.instanceId).toBe('young');
  expect(aliveOrNewest([...living, ...gone, oldest])?.handle.instanceId).toBe('old');
});
