import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ArtenicError } from '../../core/errors.ts';
import { principalInScope, systemPrincipal } from '../../store/principal-scope.ts';
import { readsOf } from '../../store/reads.ts';
import { createStore } from '../../store/store.ts';
import type { ActingStore, AuditQuery, Principal } from '../../store/types.ts';
import { allEvents, at, insertJob, openTestStore, principal } from './support.ts';

let world: Awaited<ReturnType<typeof openTestStore>>;
let store: ActingStore;
beforeAll(async () => {
  world = await openTestStore();
  store = world.store;
});
afterAll(() => world.close());

const entries = async (query: Partial<AuditQuery>) =>
  (await store.audit.page({ projectId: 'default', limit: 50, ...query })).items;

describe('the audit log', () => {
  test('a submit and a cancel are there once, with who and on which request', async () => {
    const asked: Principal = { ...principal, requestId: 'request-1' };
    const { id } = await insertJob(store.as(asked));
    await insertJob(store.as(asked), {}, { id });
    await store.jobs.requestCancel(id, 'admin', at(1));
    await store.jobs.requestCancel(id, 'another', at(2));
    expect(await entries({ subject: id })).toMatchObject([
      { verb: 'job.cancel', principalId: 'key-1', requestId: null, details: { by: 'admin' } },
      { verb: 'job.submit', principalKind: 'key', principalName: 'admin', requestId: 'request-1' },
    ]);
  });

  test('an effect that goes back leaves no entry', async () => {
    const failing = store.transaction(async (repositories) => {
      await repositories.apiKeys.upsert({
        ...{ id: 'gone', name: 'gone', secretHash: 'hash', role: 'admin', projectId: 'default', createdAt: at(0) },
      });
      throw new ArtenicError('internal', 'after the write');
    });
    await expect(failing).rejects.toMatchObject({ type: 'internal' });
    expect(await entries({ subject: 'gone' })).toEqual([]);
  });

  test('keys that are made, changed and revoked are told, a start that changes nothing is not', async () => {
    const key = { id: 'key-7', role: 'admin', projectId: 'default', createdAt: at(0) } as const;
    const system = store.as(systemPrincipal('admin-key-file', 'default'));
    for (const secretHash of ['one', 'one', 'two']) await system.apiKeys.upsert({ ...key, name: 'seven', secretHash });
    await system.apiKeys.revoke('key-7', at(1));
    await system.apiKeys.revoke('key-7', at(2));
    expect((await entries({ subject: 'key-7' })).map(({ verb }) => verb)).toEqual([
      ...['key.revoke', 'key.change', 'key.make'],
    ]);
  });

  test('projects see their own entries and those that concern every project, page by page', async () => {
    await insertJob(store, {}, { projectId: 'other' });
    await store.as(systemPrincipal('collectGarbage')).audit.append({ verb: 'job.delete', subject: 'of nobody' });
    const own = await entries({ projectId: 'other' });
    expect(own.map(({ verb }) => verb)).toEqual(['job.delete', 'job.submit']);
    const first = await store.audit.page({ projectId: 'other', limit: 1 });
    const rest = await store.audit.page({ projectId: 'other', limit: 1, cursor: first.nextCursor ?? '' });
    expect([...first.items, ...rest.items]).toEqual(own);
    expect(rest.nextCursor).toBeNull();
  });

  test('nothing changes an entry; old ones are removed whole', async () => {
    const connection = world.orm.em.getConnection();
    await expect(connection.execute(`update audit_log set principal_name = 'nobody'`)).rejects.toThrow('append-only');
    const before = new Date(Date.now() + 60_000);
    const none = new Date(0);
    const expired = (isDryRun: boolean) =>
      store.retention.expired({
        ...{
          keysBefore: none,
          sessionsBefore: none,
          straysBefore: none,
          auditBefore: before,
          noticesBefore: none,
          isDryRun,
        },
      });
    const due = await expired(true);
    expect(due).toBeGreaterThan(3);
    expect(await expired(false)).toBe(due);
    expect(await entries({})).toEqual([]);
  });
});

describe('principals', () => {
  test('every event says on whose behalf it was written, also inside a transaction', async () => {
    const { id } = await insertJob(store.as(systemPrincipal('relay')));
    await world.store.transaction((repositories) => repositories.jobs.transition(id, 'preparing'));
    const told = (await allEvents(store)).filter(({ subject }) => subject === id);
    expect(told.map(({ principal: by, projectId }) => [by, projectId])).toEqual([
      ['system:relay', 'default'],
      ['key-1', 'default'],
    ]);
  });

  test('the principal is the one of the moment of the call', async () => {
    let name = 'first';
    const changing = store.as(() => systemPrincipal(name));
    const one = await insertJob(changing);
    name = 'second';
    const other = await insertJob(changing);
    const by = async (subject: string) => (await entries({ subject })).map(({ principalId }) => principalId);
    expect([await by(one.id), await by(other.id)]).toEqual([['system:first'], ['system:second']]);
  });

  test('without a principal a store only reads', async () => {
    const bare = createStore(world.orm);
    // @ts-expect-error -- a write without a principal does not compile
    expect(bare.jobs.insert).toBeUndefined();
    expect('begin' in bare.idempotency).toBe(false);
    expect(await bare.jobs.find('nowhere')).toBeNull();
    expect(() => principalInScope()).toThrow('without a principal');
    expect(Object.keys(readsOf(store)).toSorted()).toEqual(
      Object.keys(store)
        .filter((name) => !['as', 'ping', 'transaction'].includes(name))
        .toSorted(),
    );
  });
});
