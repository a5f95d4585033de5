import { afterAll, beforeAll, expect, test } from '@jest/globals';
import express from 'express';
import { makeKey, parseKey } from '../../app/access/keys.ts';
import { createMetrics } from '../../api/metrics/metrics.ts';
import { mountRoutes } from '../../api/http/mount.ts';
import type { Route } from '../../api/http/route.ts';
import { createRoutes } from '../../api/routes/index.ts';
import { createUnderway } from '../../app/loops/underway.ts';
import { addKey, ApiWorld } from './harness.ts';
import { openPaths } from './open-routes.ts';

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

const routes = createRoutes({ version: '0' }, createMetrics());
const guarded = routes
  .filter(({ path }) => !openPaths.includes(path))
  .map(({ method, path }) => [method, path] as const);
const samples: Readonly<Record<string, string>> = {
  id: '0199aaaa-0000-7000-8000-000000000000',
  version: '1',
  attempt: '1',
  kind: 'packages',
  sha256: 'a'.repeat(64),
};
const addressOf = (path: string): string =>
  path.replaceAll(/\{(\w+)\}/g, (_found, name: string) => samples[name] ?? 'x');

test('what is open is open by name, and runners have routes of their own', () => {
  const named = new Set(routes.filter(({ permission }) => permission === 'open').map(({ path }) => path));
  expect([...named].toSorted()).toEqual(openPaths.toSorted());
  for (const { path, permission } of routes)
    expect([path, permission === 'runner']).toEqual([
      path,
      path.startsWith('/api/v1/runner/') && !openPaths.includes(path),
    ]);
});

test('a route without a permission entry fails the boot', () => {
  const { permission: _left, ...rest } = routes[0] as Route;
  expect(() => mountRoutes(express(), world.deps, [rest as Route], createUnderway())).toThrow(/no permission entry/);
});

test.each(guarded)('%s %s lets nobody in without a key that holds', async (method, path) => {
  const forged = makeKey().replace(/_[a-z0-9]{8}_/, `_${parseKey(world.key)?.id ?? ''}_`);
  const revoked = await addKey(world.store, 'old');
  await world.store.apiKeys.revoke(parseKey(revoked)?.id ?? '', new Date());
  const ofTheOtherKind = path.startsWith('/api/v1/runner/') ? world.key : 'A'.repeat(43);
  for (const bearer of [null, 'nonsense', makeKey(), forged, revoked, ofTheOtherKind])
    expect((await world.call(method.toUpperCase(), addressOf(path), { bearer })).status).toBe(401);
});

test('another project’s jobs and models are not there', async () => {
  const job = await world.addJob();
  const bearer = await addKey(world.store, 'stranger', 'other');
  const ofJobs = ['', '/attempts', '/logs', '/metrics', '/decisions', '/refusals', '/outputs/1/model.onnx'];
  for (const path of ofJobs)
    expect((await world.call('GET', `/api/v1/jobs/${job.id}${path}`, { bearer })).status).toBe(404);
  expect((await world.call('POST', `/api/v1/jobs/${job.id}/cancel`, { bearer })).status).toBe(404);
  expect((await world.call('GET', '/api/v1/jobs', { bearer })).json<{ items: unknown[] }>().items).toEqual([]);
  expect((await world.store.jobs.get(job.id)).cancelRequestedAt).toBeNull();
});

const methodsByPath = Map.groupBy(routes, ({ path }) => path);
test.each(
  [...methodsByPath].map(([path, ofPath]) => [path, ofPath.map(({ method }) => method.toUpperCase())] as const),
)('%s answers %j, and 405 with these names to any other method', async (path, methods) => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    if (methods.includes(method)) continue;
    const refused = await world.call(method, addressOf(path));
    expect([method, refused.status]).toEqual([method, 405]);
    expect(refused.headers.get('allow')?.split(', ')).toEqual(expect.arrayContaining([...methods]));
  }
});
