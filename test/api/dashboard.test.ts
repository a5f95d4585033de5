import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createApp } from '../../api/app.ts';
import { startServer } from '../../api/http/server.ts';
import { ApiWorld } from './harness.ts';

let world: ApiWorld;
const folder = mkdtempSync(join(tmpdir(), 'artenic-dashboard-'));
const page = '<!doctype html><title>Artenic</title>';
const script = 'export const answer = 42;';

beforeAll(async () => {
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), page);
  writeFileSync(join(folder, 'assets', 'index-abc.js'), script);
  writeFileSync(join(folder, 'assets', 'index-abc.js.gz'), gzipSync(script));
  writeFileSync(join(folder, 'sources.sha256'), 'not served');
  world = await ApiWorld.start({ dashboardFolder: folder });
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${world.url}${path}`, { headers, redirect: 'manual' });
const browser = { accept: 'text/html,application/xhtml+xml' };

test('hashed files are kept for ever and sent compressed, the page is never kept', async () => {
  const asset = await get('/assets/index-abc.js');
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(asset.headers.get('content-encoding')).toBe('gzip');
  expect(await asset.text()).toBe(script);
  const plain = await get('/assets/index-abc.js', { 'accept-encoding': 'identity' });
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(await plain.text()).toBe(script);
  const home = await get('/', browser);
  expect(home.headers.get('cache-control')).toBe('no-store');
  expect(await home.text()).toBe(page);
});

test('a browser gets the page for addresses of the dashboard, and nobody for those of the API', async () => {
  for (const path of ['/jobs', '/jobs/0199aaaa-0000-7000-8000-000000000000', '/no/such/page'])
    expect([path, await (await get(path, browser)).text()]).toEqual([path, page]);
  for (const path of ['/api/v1/nothing', '/assets/gone.js', '/docs/nothing', '/sources.sha256'])
    expect([path, (await get(path, path === '/sources.sha256' ? {} : browser)).status]).toEqual([path, 404]);
  expect((await get('/jobs')).status).toBe(404);
  expect((await fetch(`${world.url}/jobs`, { method: 'POST', headers: browser })).status).toBe(404);
});

test('the policy lets no inline script or style in, and a report is counted', async () => {
  const policy = (await get('/', browser)).headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("worker-src 'self'");
  expect(policy).toContain('report-uri /api/v1/csp-reports');
  expect(policy).not.toMatch(/unsafe|\*/);
  const logged: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => logged.push(line) });
  const { port, close } = await startServer(createApp({ ...world.deps, logger }), { host: '127.0.0.1', port: 0 });
  const send = (body: string) =>
    fetch(`http://127.0.0.1:${port}/api/v1/csp-reports`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/csp-report' }, body },
    });
  for (let index = 0; index < 20; index++) expect((await send('\u0007'.repeat(10_000))).status).toBe(204);
  expect((await send('x'.repeat(20_000))).status).toBe(413);
  const metrics = await fetch(`http://127.0.0.1:${port}/metrics`, {
    headers: { authorization: `Bearer ${world.key}` },
  });
  expect(await metrics.text()).toContain('artenic_csp_reports_total 20');
  await close(1000);
  // A single log line a second, however many reports arrive.
  expect(logged.length).toBeLessThan(20);
  expect(Math.max(...logged.map(({ length }) => length))).toBeLessThan(600);
});
