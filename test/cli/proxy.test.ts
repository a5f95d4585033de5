import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openSync, closeSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { artenic } from './artenic.ts';

const health = JSON.stringify({ status: 'ok', ready: true, version: '0', upSeconds: 0, checks: {}, providers: [] });
const asked: string[] = [];
let proxy: Server;
let api: Server;
const portOf = (server: Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  // A forward proxy gets the absolute URL and no CONNECT: most proxies open no tunnel to port 80.
  proxy = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.setHeader('content-type', 'application/json').end(health);
  }).listen(0, '127.0.0.1');
  api = createServer((_request, response) => response.setHeader('content-type', 'application/json').end(health));
  api.listen(0, '127.0.0.1');
  await Promise.all([once(proxy, 'listening'), once(api, 'listening')]);
});
afterAll(() => {
  proxy.close();
  api.close();
});

const ask = (url: string, env: Readonly<Record<string, string>>) => {
  asked.length = 0;
  return artenic(['health', '--timeout', '20', '--url', url, '--api-key', 'x'], { env });
};

test('an API elsewhere is asked through the proxy of the environment, unless NO_PROXY names it', async () => {
  const through = `http://127.0.0.1:${portOf(proxy)}`;
  for (const name of ['HTTP_PROXY', 'http_proxy'])
    expect([(await ask('http://artenic.internal.example', { [name]: through })).exitCode, asked]).toEqual([
      0,
      ['http://artenic.internal.example/health/detailed'],
    ]);
  const env = { HTTP_PROXY: through, NO_PROXY: 'internal.invalid' };
  expect([(await ask('http://artenic.internal.invalid', env)).exitCode, asked]).toEqual([3, []]);
});

test('an API on this machine is asked directly', async () => {
  const env = { HTTP_PROXY: 'http://127.0.0.1:9', http_proxy: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9' };
  expect((await ask(`http://127.0.0.1:${portOf(api)}`, env)).exitCode).toBe(0);
});

test('a standard output that takes nothing more is told in one line', async () => {
  const bin = fileURLToPath(new URL('../../cli/bin.mjs', import.meta.url));
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [bin, 'config', 'show'], { stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [exitCode] = (await once(child, 'close')) as [number];
  expect([exitCode, said]).toEqual([1, 'artenic: no space left on device\n']);
});
