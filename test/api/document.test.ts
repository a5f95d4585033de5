import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createMetrics } from '../../api/metrics/metrics.ts';
import { createRoutes } from '../../api/routes/index.ts';
import { openApiDocument } from '../../scripts/generate.ts';
import { ApiWorld } from './harness.ts';
import { openPaths } from './open-routes.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const routes = createRoutes({ version: '0.1.0' }, createMetrics());

let world: ApiWorld;
beforeAll(async () => {
  world = await ApiWorld.start();
});
afterAll(() => world.close());

test('the document passes the linter', async () => {
  // The linter exits with 1 only for errors; it reports warnings on standard error.
  const { stderr } = await promisify(execFile)(
    process.execPath,
    [at('node_modules/@redocly/cli/bin/cli.js'), 'lint', 'api/openapi.json', '--max-problems=20'],
    { cwd: at('.'), env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' } },
  );
  expect(stderr).toContain('Your API description is valid');
  expect(stderr).not.toMatch(/You have \d+ warning/);
}, 60_000);

test('what is served is what is committed', async () => {
  const served = (await world.call('GET', '/openapi.json', { bearer: null })).json();
  expect(served).toEqual(JSON.parse(openApiDocument()));
});

test('every route but the open ones asks for a credential', async () => {
  const open = new Set(routes.filter((route) => route.permission === 'open').map((route) => route.path));
  expect([...open].toSorted()).toEqual(openPaths.toSorted());
  expect(routes.length).toBeGreaterThan(30);
  for (const { method, path, permission } of routes) {
    if (permission === 'open') continue;
    const filled = path
      .replace('{id}', '00000000-0000-7000-8000-000000000000')
      .replace('{kind}', 'models')
      .replace('{sha256}', 'a'.repeat(64))
      .replace(/\{(?:attempt|version)\}/, '1')
      .replaceAll(/\{\w+\}/g, 'x');
    const { status } = await world.call(method.toUpperCase(), filled, { bearer: null });
    expect([method, path, status]).toEqual([method, path, 401]);
  }
});

test('open routes answer without one, and the pages load nothing from elsewhere', async () => {
  for (const { path } of routes.filter(
    (one) => one.permission === 'open' && one.method === 'get' && !one.path.includes('{'),
  ))
    expect([path, (await world.call('GET', path, { bearer: null })).status]).toEqual([path, 200]);
  expect((await world.call('GET', '/', { bearer: null })).headers.get('location')).toBe('/docs');
  const page = (await world.call('GET', '/docs', { bearer: null })).text;
  const sources = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
  expect(sources.length).toBeGreaterThan(2);
  for (const source of sources) {
    expect(source).toMatch(/^\/docs\//);
    expect((await world.call('GET', source, { bearer: null })).status).toBe(200);
  }
  expect(page).not.toMatch(/<script>|onload=/);
});

test('no two operations share an id, and each says what it refuses with', () => {
  const { paths } = JSON.parse(openApiDocument()) as {
    paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
  };
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  const ids = operations.map((operation) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { responses } of operations)
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['403', '500']));
});

test('every list of items has pages, or a bound that is not time', () => {
  /**
   * Bounded by the number of providers, by `limit`, by the current problems, by the number of a user's views or a
   * dataset's tags, or by the points that are asked for.
   */
  const bounded = [
    ...['/api/v1/providers', '/api/v1/offers', '/api/v1/instances/unresolved', '/api/v1/search', '/api/v1/views'],
    '/api/v1/datasets/storage-options',
    ...['/api/v1/datasets/{dataset}/tags', '/api/v1/offers/types', '/api/v1/jobs/{id}/system-metrics'],
  ];
  const document = JSON.parse(openApiDocument()) as {
    paths: Record<
      string,
      { get?: { responses: Record<string, { content?: Record<string, { schema?: { properties?: object } }> }> } }
    >;
  };
  const lists = Object.entries(document.paths).flatMap(([path, { get }]) => {
    const schema = get?.responses['200']?.content?.['application/json']?.schema;
    const names = Object.keys(schema?.properties ?? {});
    return names.includes('items') ? [{ path, hasPages: names.some((name) => name.startsWith('next')) }] : [];
  });
  expect(
    lists
      .filter(({ hasPages }) => !hasPages)
      .map(({ path }) => path)
      .toSorted(),
  ).toEqual(bounded.toSorted());
  expect(lists.length).toBeGreaterThan(10);
});
