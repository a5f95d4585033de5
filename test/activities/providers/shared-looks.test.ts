import { expect, test } from '@jest/globals';
import type { InstanceDescription, InstanceHandle } from '../../../activities/providers/provider.ts';
import { SharedLooks } from '../../../activities/providers/shared-looks.ts';
import { poll } from '../../support/poll.ts';

const handleOf = (instanceId: string): InstanceHandle => ({
  ...{ provider: 'far', region: 'north', attemptId: `${instanceId}/attempt-1`, instanceId },
});
const running = (handle: InstanceHandle): InstanceDescription => ({
  ...{ handle, state: 'running', endedBy: null, launchedAt: null, endedAt: null, preemption: null },
});

/** The provider's side: it records requests and answers them. */
function provider() {
  const asked: (readonly string[])[] = [];
  const side = { isAway: false, atOnce: 0, most: 0, asked };
  const describeMany = async (handles: readonly InstanceHandle[]) => {
    asked.push(handles.map(({ instanceId }) => instanceId));
    side.atOnce += 1;
    side.most = Math.max(side.most, side.atOnce);
    await new Promise((done) => setTimeout(done, 20));
    side.atOnce -= 1;
    if (side.isAway) throw new Error('away');
    return new Map(
      handles.filter(({ instanceId }) => instanceId !== 'hidden').map((one) => [one.instanceId, running(one)]),
    );
  };
  return { side, describeMany };
}

test('looks that come together are one request, and those that follow soon are none', async () => {
  const { side, describeMany } = provider();
  const looks = new SharedLooks(describeMany, 3_600_000);
  const ids = Array.from({ length: 500 }, (_, index) => `i-${index}`);
  const seen = await Promise.all(ids.map((id) => looks.look(handleOf(id))));
  expect(seen.map((one) => one?.handle.instanceId)).toEqual(ids);
  await Promise.all(ids.map((id) => looks.look(handleOf(id))));
  expect(side.asked).toEqual([ids]);
  expect(await looks.look(handleOf('hidden'))).toBeNull();
  // The cached pictures of the other instances are young enough.
  expect(side.asked[1]).toEqual(['hidden']);
});

test('a look takes along those that are due soon; one request is under way at a time', async () => {
  const { side, describeMany } = provider();
  const looks = new SharedLooks(describeMany, 2000);
  await looks.look(handleOf('old'));
  await poll('a look at both', 10_000, async () => {
    await looks.look(handleOf(`new-${side.asked.length}`));
    return side.asked.at(-1)?.includes('old') === true ? true : null;
  });
  const before = side.asked.length;
  await looks.look(handleOf('old'));
  expect(side.asked).toHaveLength(before);
  const slow = new SharedLooks(describeMany, 1);
  await Promise.all(
    ['a', 'b', 'c'].map(async (id) => poll(id, 10_000, async () => (await slow.look(handleOf(id))) ?? null)),
  );
  expect(side.most).toBe(1);
});

test('a provider that is away fails the looks that wait for it, and the next one asks again', async () => {
  const { side, describeMany } = provider();
  const looks = new SharedLooks(describeMany, 3_600_000);
  side.isAway = true;
  const failed = await Promise.allSettled(['a', 'b'].map((id) => looks.look(handleOf(id))));
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  side.isAway = false;
  expect(await looks.look(handleOf('a'))).toMatchObject({ state: 'running' });
  expect(side.asked).toHaveLength(2);
});

test('what nobody asks about any more is looked at no more', async () => {
  const { side, describeMany } = provider();
  const looks = new SharedLooks(describeMany, 1);
  await looks.look(handleOf('left'));
  await looks.look(handleOf('other'));
  expect(side.asked).toEqual([['left'], ['other']]);
});
