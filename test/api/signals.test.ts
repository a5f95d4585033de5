import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { signalNames, type SignalAnswer, type SignalRequest } from '@artenic/core';
import fc from 'fast-check';
import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { webhookKeyOf } from '../../app/signals/webhook-signature.ts';
import { startRelay } from '../../workers/loops/relay.ts';
import { poll } from '../support/poll.ts';
import { addKey, ApiWorld, errorOf, type Answer } from './harness.ts';
import { isFull } from '../support/share.ts';

const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;
const [old, current, foreign] = [newSecret(), newSecret(), newSecret()];
const keyOf = (secret: string): Uint8Array => webhookKeyOf(secret) ?? new Uint8Array();

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start({ webhookKeys: [keyOf(old), keyOf(current)] });
});
afterAll(() => world.close());

const pathOf = (jobId: string, name: string): string => `/api/v1/jobs/${jobId}/signals/${name}`;
const send = (jobId: string, name: string, body: SignalRequest = {}): Promise<Answer> =>
  world.call('POST', pathOf(jobId, name), { body: { id: randomUUID(), ...body } });
const outcomeOf = async (answer: Promise<Answer>): Promise<string> => (await answer).json<SignalAnswer>().outcome;
const heldAt = async (jobId: string): Promise<Date | null> => (await world.store.jobs.get(jobId)).heldAt;
const beat = async (runner: { readonly token: string }) =>
  (await world.ship(runner, 'heartbeat', { phase: 'training', progress: null })).json();
const told = (name: string, jobId: string) =>
  world.temporal.of(name).filter((args) => String(args[0]).startsWith(jobId));

function bodyOf(name: string, id: string, second: number): SignalRequest {
  const at = (year: number) => `${year}-01-01T00:00:0${second}.000Z`;
  return { id, occurredAt: at(2026), ...(name === 'preemption-notice' ? { deadlineAt: at(2030) } : {}) };
}

/** Signs like another implementation of the specification. */
function webhook(
  jobId: string,
  name: string,
  options: { secret?: string; at?: Date; id?: string; body?: string; sentBody?: string; extra?: string } = {},
): Promise<Answer> {
  const own = JSON.stringify({ jobId, name });
  const { secret = current, at = new Date(), id = `msg_${randomUUID()}`, body = own, extra = '' } = options;
  const signature = new Webhook(secret).sign(id, at, body);
  return world.call('POST', pathOf(jobId, name), {
    bearer: null,
    body: options.sentBody ?? body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': `${extra}${signature}`,
    },
  });
}

describe('hold and release', () => {
  test('a held job says so until it is released, which wakes its failover', async () => {
    const { id } = await world.addJob();
    const answer = await send(id, 'hold', { id: 'first', occurredAt: '2026-01-01T00:00:00.000Z' });
    expect([answer.status, answer.json()]).toEqual([
      202,
      { jobId: id, name: 'hold', id: 'first', outcome: 'taken', heldAt: '2026-01-01T00:00:00.000Z' },
    ]);
    expect((await world.call('GET', `/api/v1/jobs/${id}`)).json()['heldAt']).toBe('2026-01-01T00:00:00.000Z');
    expect(told('wake', id)).toEqual([]);
    expect((await send(id, 'release')).json()).toMatchObject({ outcome: 'taken', heldAt: null });
    expect(told('wake', id)).toEqual([[id]]);
  });

  test('repeated and late ones change nothing', async () => {
    const { id } = await world.addJob();
    await send(id, 'release', { id: 'b', occurredAt: '2026-01-01T00:00:02.000Z' });
    await send(id, 'hold', { id: 'a', occurredAt: '2026-01-01T00:00:01.000Z' });
    expect(await heldAt(id)).toBeNull();
    await send(id, 'hold', { id: 'c', occurredAt: '2026-01-01T00:00:03.000Z' });
    expect(await heldAt(id)).not.toBeNull();
    expect(await outcomeOf(send(id, 'release', { id: 'b', occurredAt: '2026-01-01T00:00:09.000Z' }))).toBe('repeated');
    expect(await heldAt(id)).not.toBeNull();
  });

  test('of many at once with one id one is taken', async () => {
    const { id } = await world.addJob();
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => outcomeOf(send(id, 'release', { id: 'one' }))));
    expect(outcomes.toSorted()).toEqual([...Array<string>(11).fill('repeated'), 'taken']);
    expect(told('wake', id).length).toBeGreaterThan(0);
  });

  test('an open attempt is not disturbed by news', async () => {
    const runner = await world.startRunner();
    await send(runner.jobId, 'capacity-news');
    await send(runner.jobId, 'release');
    expect(told('wake', runner.jobId)).toEqual([]);
    await world.store.attempts.end(runner.attemptId, { kind: 'lost', exitCode: null, message: '' }, new Date());
    await send(runner.jobId, 'capacity-news');
    expect(told('wake', runner.jobId)).toEqual([[runner.jobId]]);
    expect((await world.store.jobs.get(runner.jobId)).signals?.newsAtMs).toBeGreaterThan(Date.now() - 60_000);
  });
});

test('beside a warned attempt a replacement may be waited for: news and a release wake', async () => {
  const runner = await world.startRunner();
  await world.store.attempts.notice(runner.attemptId, new Date(Date.now() + 60_000), new Date());
  await send(runner.jobId, 'hold');
  await send(runner.jobId, 'capacity-news');
  await send(runner.jobId, 'release');
  expect(told('wake', runner.jobId)).toHaveLength(2);
});

test('shuffled, and each three times, they leave the same behind (F14)', async () => {
  const happened = fc.tuple(fc.constantFrom(...signalNames), fc.integer({ min: 1, max: 3 }));
  const told3 = fc.array(happened, { minLength: 1, maxLength: 6 }).chain((events) => {
    const signals = events.map(([name, second], n) => ({ name, body: bodyOf(name, `e${n}`, second) }));
    const thrice = [...signals, ...signals, ...signals];
    return fc.tuple(fc.constant(signals), fc.shuffledSubarray(thrice, { minLength: thrice.length }));
  });
  await fc.assert(
    fc.asyncProperty(told3, async ([inOrder, shuffled]) => {
      const [calm, wild] = [await world.startRunner(), await world.startRunner()];
      for (const { name, body } of inOrder) await send(calm.jobId, name, body);
      const batches = [shuffled.slice(0, 4), shuffled.slice(4)];
      for (const batch of batches) await Promise.all(batch.map(({ name, body }) => send(wild.jobId, name, body)));
      const left = async ({ jobId, attemptId }: { readonly jobId: string; readonly attemptId: string }) => {
        const { signals, heldAt, state } = await world.store.jobs.get(jobId);
        const { noticeDeadlineAt } = await world.store.attempts.get(attemptId);
        return { signals, heldAt, state, noticeDeadlineAt };
      };
      expect(await left(wild)).toEqual(await left(calm));
      expect(await beat(wild)).toEqual(await beat(calm));
    }),
    { numRuns: isFull ? 20 : 8 },
  );
}, 60_000);

describe('to the runner', () => {
  test('checkpoint-now and a notice come with the heartbeat’s answer, to their attempt only', async () => {
    const first = await world.startRunner();
    expect(await beat(first)).toEqual({ stop: null, checkpoint: null, notice: null });
    const askedAt = '2026-01-01T00:00:01.000Z';
    const deadlineAt = '2030-01-01T00:00:00.000Z';
    await send(first.jobId, 'checkpoint-now', { occurredAt: askedAt });
    await send(first.jobId, 'preemption-notice', { id: 'n', deadlineAt });
    const wishes = { stop: null, checkpoint: { askedAt }, notice: { deadlineAt } };
    expect(await beat(first)).toEqual(wishes);
    expect(await beat(first)).toEqual(wishes);
    // The failover gets the notice without the runner, and only once.
    expect((await world.store.attempts.get(first.attemptId)).noticeDeadlineAt).toEqual(new Date(deadlineAt));
    expect(told('wake', first.jobId)).toEqual([[first.jobId]]);
    expect(await outcomeOf(send(first.jobId, 'preemption-notice', { deadlineAt }))).toBe('ignored');
    expect(told('wake', first.jobId)).toHaveLength(1);
    expect(told('signal', first.jobId).at(-1)).toEqual([
      first.attemptId,
      { kind: 'notice', id: 'signal-n', deadlineAt },
    ]);

    const second = await world.startAttempt(first.jobId, 2);
    expect(await beat(second)).toEqual({ stop: null, checkpoint: null, notice: null });
    expect(await outcomeOf(send(first.jobId, 'preemption-notice', { attempt: 1, deadlineAt }))).toBe('ignored');
    expect(await beat(second)).toEqual({ stop: null, checkpoint: null, notice: null });
  });
});

describe('who may', () => {
  test('a webhook signed by any of the secrets', async () => {
    const { id } = await world.addJob();
    expect((await webhook(id, 'hold')).json()).toMatchObject({ outcome: 'taken' });
    expect((await webhook(id, 'release', { secret: old, id: 'msg_1' })).json()).toMatchObject({ id: 'msg_1' });
    expect(await outcomeOf(webhook(id, 'hold', { id: 'msg_1' }))).toBe('repeated');
    const extra = `v1,${randomBytes(32).toString('base64')} v1a,abc `;
    expect(await outcomeOf(webhook(id, 'hold', { extra }))).toBe('taken');
  });

  test('no forged, changed or old one', async () => {
    const { id } = await world.addJob();
    const minutesFromNow = (minutes: number) => new Date(Date.now() + minutes * 60_000);
    const refused = [
      { secret: foreign },
      { at: minutesFromNow(-6) },
      { at: minutesFromNow(6) },
      { sentBody: '{"occurredAt":"2026-01-01T00:00:00Z"}' },
    ];
    for (const options of refused) expect((await webhook(id, 'hold', options)).status).toBe(401);
    expect(await outcomeOf(webhook(id, 'release', { at: minutesFromNow(-4) }))).toBe('taken');
    const unsigned = { 'webhook-id': 'x', 'webhook-signature': 'v1,' };
    expect((await world.call('POST', pathOf(id, 'hold'), { bearer: null, headers: unsigned })).status).toBe(401);
    expect(await heldAt(id)).toBeNull();
  });

  test('nothing that was signed for another job or signal, or for none', async () => {
    const [one, other] = [await world.addJob(), await world.addJob()];
    const body = JSON.stringify({ jobId: one.id, name: 'hold' });
    const refused = [
      await webhook(other.id, 'hold', { body }),
      await webhook(one.id, 'release', { body }),
      await webhook(one.id, 'hold', { body: '{}' }),
      await webhook(one.id, 'hold', { body: JSON.stringify({ jobId: one.id }) }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([422, 422, 422, 422]);
    expect([await heldAt(one.id), await heldAt(other.id)]).toEqual([null, null]);
  });

  test('no other project', async () => {
    const { id } = await world.addJob();
    const bearer = await addKey(world.store, 'elsewhere', 'other');
    expect((await world.call('POST', pathOf(id, 'hold'), { bearer, body: { id: 'x' } })).status).toBe(404);
  });
});

describe('what is refused', () => {
  test('input that makes no sense', async () => {
    const { id } = await world.addJob();
    const deadlineAt = new Date().toISOString();
    const wrong: readonly (readonly [string, object])[] = [
      ['hold', {}],
      ['nonsense', { id: 'x' }],
      ['hold', { id: 'a b' }],
      ['hold', { id: 'x', deadlineAt }],
      ['preemption-notice', { id: 'x' }],
      ['hold', { id: 'x', occurredAt: '2100-01-01T00:00:00Z' }],
      ['hold', { id: 'x', more: 1 }],
    ];
    for (const [name, body] of wrong) expect((await world.call('POST', pathOf(id, name), { body })).status).toBe(422);
  });

  test('too many for one job, and that costs no workflow and no other job anything', async () => {
    const [one, other] = [await world.addJob(), await world.addJob()];
    const answers = await Promise.all(Array.from({ length: 40 }, () => send(one.id, 'capacity-news')));
    const late = answers.filter(({ status }) => status === 429);
    const rest = answers.filter(({ status }) => status !== 202 && status !== 429);
    expect(rest.map(({ status, text }) => `${status} ${text}`)).toEqual([]);
    expect([answers.length - late.length, late.length]).toEqual([30, 10]);
    for (const answer of late) {
      expect(errorOf(answer)).toBe('rate-limited');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(told('wake', one.id).length).toBeLessThanOrEqual(30);
    expect(await outcomeOf(send(other.id, 'capacity-news'))).toBe('taken');
  });

  test('nothing of a job that is over', async () => {
    const { id } = await world.addJob();
    await world.store.jobs.requestCancel(id, 'me', new Date());
    await world.store.jobs.transition(id, 'cancelled');
    for (const name of signalNames) {
      const more = name === 'preemption-notice' ? { deadlineAt: new Date().toISOString() } : {};
      expect(await outcomeOf(send(id, name, more))).toBe('ignored');
    }
    expect(told('wake', id)).toEqual([]);
  });
});

test('what Temporal could not hear is told by the relay when it is back', async () => {
  const { id } = await world.addJob();
  await send(id, 'hold');
  world.temporal.isAway = true;
  expect((await send(id, 'release')).json()).toMatchObject({ outcome: 'taken', heldAt: null });
  world.temporal.isAway = false;
  expect(told('wake', id)).toEqual([]);
  const { store, temporal } = world;
  const now = () => new Date(Date.now() + 10_000);
  const relay = startRelay({ store, temporal, logger: pino({ level: 'silent' }), intervalMs: 50, now });
  try {
    await poll('the relay', 10_000, async () => (told('wake', id).length > 0 ? true : null));
  } finally {
    await relay.close();
  }
  expect(await store.signals.undelivered({ olderThan: now(), limit: 10 })).toEqual([]);
});
