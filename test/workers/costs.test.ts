import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { attemptIdOf } from '../../core/ids.ts';
import type { ActingStore } from '../../store/types.ts';
import { writeGrowingCosts } from '../../workers/loops/costs.ts';
import { at, insertJob, offer, openTestStore } from '../store/support.ts';

let store: ActingStore;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, close } = await openTestStore());
});
afterAll(() => close());

async function openAttempt(jobId: string, priceUsdMicrosPerHour: number): Promise<string> {
  const id = attemptIdOf(jobId, 1);
  await store.attempts.open({
    ...{ id, jobId, attempt: 1, reason: '', createdAt: at(0) },
    offer: { ...offer, provider: 'simulated', priceUsdMicrosPerHour },
  });
  await store.attempts.hello(id, `token of ${jobId}`, at(10));
  return id;
}
const costOf = async (id: string) => Number((await store.jobs.get(id)).costUsdMicros);

test('costs of running jobs grow, until the provider has said when the instance was gone', async () => {
  const { id: paid } = await insertJob(store);
  const { id: free } = await insertJob(store);
  const attemptId = await openAttempt(paid, 3_600_000);
  await openAttempt(free, 0);
  expect(await store.attempts.billedJobs('', 10)).toEqual([paid]);
  await writeGrowingCosts({ store }, at(20));
  expect([await costOf(paid), await costOf(free)]).toEqual([10_000, 0]);
  await writeGrowingCosts({ store }, at(30));
  expect(await costOf(paid)).toBe(20_000);
  const instance = { provider: 'simulated', attemptId, instanceId: 'i-1', region: 'r' };
  await store.attempts.setBilled(instance, { from: at(9), until: at(34) });
  expect(await costOf(paid)).toBe(25_000);
  await writeGrowingCosts({ store }, at(99));
  expect(await costOf(paid)).toBe(25_000);
});

test('an instance whose end the provider does not know costs until the proof that it is gone', async () => {
  const { id } = await insertJob(store);
  const attemptId = await openAttempt(id, 3_600_000);
  await store.reconcile.confirmTermination([attemptId], at(15));
  expect(await costOf(id)).toBe(5000);
});
