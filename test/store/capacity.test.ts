import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Store } from '../../store/types.ts';
import { newId, openTestStore } from './support.ts';

let store: Store;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, close } = await openTestStore(20));
});
afterAll(() => close());

const machine = { vcpu: 4, memoryGib: 8, gpus: 1 };
const claim = (attemptId: string, vcpu: number, priority = 0, submittedAtMs = 0) => ({
  ...{ attemptId, priority, submittedAtMs, needs: { vcpu, memoryGib: 0.5, gpus: 0 } },
});

describe('capacity', () => {
  test('is granted by priority and submit time; positions say who is next; release makes room', async () => {
    const provider = newId();
    const [a, b, c] = [`${provider}/a`, `${provider}/b`, `${provider}/c`];
    await store.capacity.claim(provider, claim(a, 3, 0, 1_767_225_600_001));
    await store.capacity.claim(provider, claim(b, 3, 0, 1_767_225_600_000));
    await store.capacity.claim(provider, claim(c, 2, 5));
    await store.capacity.claim(provider, claim(c, 1, -5));
    expect(await store.capacity.positions(provider)).toEqual(
      new Map([
        [c, 1],
        [b, 2],
        [a, 3],
      ]),
    );
    expect(await store.capacity.grant(provider, machine)).toEqual([c]);
    expect(await store.capacity.isGranted(c)).toBe(true);
    expect(await store.capacity.isGranted(b)).toBe(false);
    expect(await store.capacity.isGranted('nobody')).toBe(false);
    expect(await store.capacity.inUse(provider)).toEqual({ vcpu: 2, memoryGib: 0.5, gpus: 0 });
    expect(await store.capacity.positions(provider)).toEqual(
      new Map([
        [b, 1],
        [a, 2],
      ]),
    );
    expect(await store.capacity.grant(provider, machine)).toEqual([]);
    await store.capacity.release(c);
    await store.capacity.release(c);
    expect(await store.capacity.grant(provider, machine)).toEqual([b]);
    expect(await store.capacity.inUse(newId())).toEqual({ vcpu: 0, memoryGib: 0, gpus: 0 });
  });

  test('many at once never grant more than there is, nor one claim twice', async () => {
    const provider = newId();
    const ids = Array.from({ length: 30 }, (_, index) => `${provider}/${String(index).padStart(2, '0')}`);
    await Promise.all(ids.map((id) => store.capacity.claim(provider, claim(id, 1))));
    const granted: string[] = [];
    while (granted.length < ids.length) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => store.capacity.grant(provider, machine)));
      const now = answers.flat();
      expect(now.length).toBeGreaterThan(0);
      expect((await store.capacity.inUse(provider)).vcpu).toBeLessThanOrEqual(machine.vcpu);
      granted.push(...now);
      await Promise.all(now.slice(0, 3).map((id) => store.capacity.release(id)));
      // Releases while others grant.
      await Promise.all(now.slice(3).map((id) => store.capacity.release(id)));
    }
    expect(granted).toEqual(ids);
  });
});
