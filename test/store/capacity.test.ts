import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { ActingStore } from '../../store/types.ts';
import { poll } from '../support/poll.ts';
import { insertAttempt, newId, openTestStore } from './support.ts';

let store: ActingStore;
let close: () => Promise<void>;
let url: string;
beforeAll(async () => {
  ({ store, close, url } = await openTestStore(20));
});
afterAll(() => close());

/** The first column of the result, with a line for each row. */
async function sqlOf(statement: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement);
    return (rows ?? []).map((row) => String(Object.values(row)[0])).join('\n');
  } finally {
    await client.end();
  }
}

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
    expect(await store.capacity.positions([a, b, c])).toEqual(
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
    expect(await store.capacity.positions([a, b, c])).toEqual(
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

  test('a claim larger than the whole holds back nobody, and each provider has a queue of its own', async () => {
    const [provider, other] = [newId(), newId()];
    const [huge, small, alone] = [`${provider}/huge`, `${provider}/small`, `${other}/alone`];
    await store.capacity.claim(provider, claim(huge, 64, 9));
    await store.capacity.claim(provider, claim(small, 1));
    await store.capacity.claim(other, claim(alone, 1));
    expect(await store.capacity.positions([huge, small, alone, 'nobody'])).toEqual(
      new Map([
        [huge, 1],
        [small, 2],
        [alone, 1],
      ]),
    );
    expect(await store.capacity.grant(provider, machine)).toEqual([small]);
  });

  test('more than one batch is granted at once where there is room', async () => {
    const provider = newId();
    const ids = Array.from({ length: 200 }, (_, index) => `${provider}/${String(index).padStart(3, '0')}`);
    for (const id of ids) await store.capacity.claim(provider, claim(id, 1));
    const room = { vcpu: 150, memoryGib: 1000, gpus: 0 };
    expect(await store.capacity.grant(provider, room)).toEqual(ids.slice(0, 150));
    expect(await store.capacity.grant(provider, room)).toEqual([]);
  });

  test('a grant that was not heard of is told again, until the attempt begins to launch', async () => {
    const [heard, unheard, waiting] = await Promise.all([
      insertAttempt(store),
      insertAttempt(store),
      insertAttempt(store),
    ]);
    const provider = newId();
    for (const { attemptId } of [heard, unheard]) await store.capacity.claim(provider, claim(attemptId, 1));
    await store.capacity.grant(provider, machine);
    await store.capacity.claim(provider, claim(waiting.attemptId, 64));
    await store.attempts.advance(heard.attemptId, 'launching', new Date());
    expect(await store.capacity.wakeAgain({ quietMs: 60_000, limit: 10 })).toEqual([]);
    await expect(
      poll('the time to be over', 5000, async () => {
        const told = await store.capacity.wakeAgain({ quietMs: 1, limit: 10 });
        return told.length > 0 ? told : null;
      }),
    ).resolves.toEqual([unheard.attemptId]);
  });

  test('a look at the queue costs its index, however long it is', async () => {
    const provider = newId();
    await sqlOf(
      `insert into capacity_claims (attempt_id, provider, vcpu, memory_gib, gpus, priority, submitted_at_ms)
       select '${provider}/' || n, '${provider}', 1, 0, 0, 0, n from generate_series(1, 20000) n; analyze capacity_claims`,
    );
    const granted = await store.capacity.grant(provider, { vcpu: 2, memoryGib: 1, gpus: 0 });
    expect(granted).toEqual([`${provider}/1`, `${provider}/2`]);
    expect(await store.capacity.positions([`${provider}/20000`])).toEqual(new Map([[`${provider}/20000`, 19_998]]));
    const plan = await sqlOf(
      `explain select * from capacity_claims where provider = '${provider}' and granted_at is null
       and vcpu <= 2 order by (-priority), submitted_at_ms, attempt_id limit 64`,
    );
    expect(plan).toMatch(/Index Scan using capacity_claims_queue/);
    expect(plan).not.toMatch(/Sort|Seq Scan/);
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
      // Releases while other calls grant.
      await Promise.all(now.slice(3).map((id) => store.capacity.release(id)));
    }
    expect(granted).toEqual(ids);
  });
});
