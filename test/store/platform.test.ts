import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ActingStore } from '../../store/types.ts';
import { at, openTestStore } from './support.ts';

let store: ActingStore;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, close } = await openTestStore());
});
afterAll(() => close());

describe('api keys', () => {
  test('are put, replaced and revoked', async () => {
    const key = {
      id: 'k1',
      name: 'admin',
      secretHash: 'h1',
      role: 'admin',
      projectId: 'default',
      createdAt: at(1),
    } as const;
    await store.apiKeys.upsert(key);
    await store.apiKeys.upsert({ ...key, secretHash: 'h2', name: 'root', createdAt: at(2) });
    expect(await store.apiKeys.find('k1')).toEqual({ ...key, secretHash: 'h2', name: 'root', revokedAt: null });
    await store.apiKeys.revoke('k1', at(3));
    await store.apiKeys.revoke('k1', at(4));
    expect(await store.apiKeys.find('k1')).toMatchObject({ revokedAt: at(3) });
    expect(await store.apiKeys.find('k2')).toBeNull();
  });
});

describe('providers', () => {
  test('are put and replaced, and listed by name', async () => {
    const local = {
      ...{ name: 'local', usable: true, message: '', checkedAt: at(1) },
      capabilities: { spot: false, preemptionNotice: false, idempotencyToken: true, regions: false },
      capacity: { vcpu: 2, memoryGib: 7.5, gpus: 0, gpuType: null },
    };
    await store.providers.upsert(local);
    await store.providers.upsert({ ...local, name: 'a', capacity: null });
    expect(await store.providers.find('local')).toEqual({
      ...{ ...local, problem: null, clockSkewMs: null, unusableSince: null },
    });
    await store.providers.upsert({ ...local, usable: false, message: 'no', capacity: null, checkedAt: at(2) });
    expect(await store.providers.list()).toMatchObject([
      { name: 'a', capacity: null },
      { name: 'local', usable: false, message: 'no', capacity: null, checkedAt: at(2) },
    ]);
    expect(await store.providers.find('b')).toBeNull();
  });
});
