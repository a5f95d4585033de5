import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { defaultLimits } from '../../api/deps.ts';
import { createOverload } from '../../api/middleware/overload.ts';
import type { Route } from '../../api/http/route.ts';
import { poll } from '../support/poll.ts';
import { ApiWorld } from './harness.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start({ limits: { ...defaultLimits, requestsAtOnce: 2 } });
});
afterAll(() => world.close());

test('requests beyond the bound are refused at once with a time to wait; probes and runners are answered', async () => {
  const runner = await world.startRunner();
  const client = new Client(world.databaseUrl);
  await client.connect();
  try {
    await client.query('begin; lock table saved_views in access exclusive mode');
    const held = Array.from({ length: 2 }, () => world.call('GET', '/api/v1/views?page=jobs'));
    const refused = await poll('a refusal', 10_000, async () => {
      const answer = await world.call('GET', '/api/v1/jobs?limit=1');
      return answer.status === 503 ? answer : null;
    });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.json<{ readonly type: string }>().type).toContain('unavailable');
    expect((await world.call('GET', '/api/v1/models', { bearer: 'nobody' })).status).toBe(503);
    expect((await world.call('GET', '/health/ready', { bearer: null })).status).toBe(200);
    expect((await world.ship(runner, 'heartbeat', { phase: 'training', progress: null })).status).toBe(200);
    await client.query('rollback');
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await world.call('GET', '/api/v1/jobs?limit=1')).status).toBe(200);
  } finally {
    await client.end();
  }
});

test('a late event loop refuses requests only while many are handled', async () => {
  let delayMs = 2000;
  const overload = createOverload({ requestsAtOnce: 500, eventLoopDelayMs: 500 }, () => delayMs);
  const read = { permission: 'read' } as Route;
  expect(() => overload.check(read)).not.toThrow();
  const gate = Promise.withResolvers<void>();
  const handled = Array.from({ length: 40 }, () => overload.count(read, () => gate.promise));
  expect(() => overload.check(read)).toThrow('more requests than it can answer in time');
  expect(() => overload.check({ permission: 'runner' } as Route)).not.toThrow();
  delayMs = 400;
  expect(() => overload.check(read)).not.toThrow();
  delayMs = 2000;
  gate.resolve();
  await Promise.all(handled);
  expect(() => overload.check(read)).not.toThrow();
});
