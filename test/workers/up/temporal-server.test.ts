import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findTemporalCli } from '../../../scripts/temporal-cli.mjs';
import { freePort } from '../../../workers/up/ports.ts';
import {
  checkOwnTemporal,
  chooseTemporalHttp,
  startTemporalServer,
  type TemporalHttp,
} from '../../../workers/up/temporal-server.ts';
import { poll } from '../../support/poll.ts';

let folder: string;
let port: number;
let http: TemporalHttp;
let server: ChildProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'artenic-temporal-'));
  const { path: program, problem } = findTemporalCli(fileURLToPath(new URL('../../../', import.meta.url)), () => {});
  if (program === null) throw new Error(problem);
  [port, http] = await Promise.all([freePort(), chooseTemporalHttp()]);
  const [databaseFile, logFile] = [join(folder, 'temporal.sqlite'), join(folder, 'log')];
  server = startTemporalServer({ program, port, http, databaseFile, logFile });
  await poll('the server', 30_000, () =>
    checkOwnTemporal(port, http)
      .then(() => true)
      .catch(() => null),
  );
}, 60_000);
afterAll(async () => {
  const exited = once(server, 'exit');
  server.kill('SIGINT');
  await exited;
  rmSync(folder, { recursive: true, force: true });
});

async function status(
  host: string,
  at: number,
  hostHeader: string,
  { method = 'GET', path = '/api/v1/namespaces/default/workflows' } = {},
): Promise<number> {
  const asked = request({
    ...{ host, port: at, method, path },
    headers: { host: hostHeader, 'content-type': 'text/plain' },
  });
  asked.end(method === 'GET' ? undefined : '{"workflowType":{"name":"x"},"taskQueue":{"name":"control"}}');
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

test('the server of another stack is told, not taken', async () => {
  const other = Number(process.env['ARTENIC_TEST_TEMPORAL_ADDRESS']?.split(':')[1]);
  await expect(checkOwnTemporal(other, http)).rejects.toThrow(
    new RegExp(`^port ${other} is held by another Temporal server, cluster [0-9a-f-]{36}; ours is [0-9a-f-]{36}$`),
  );
  const notStarted = await chooseTemporalHttp();
  await expect(checkOwnTemporal(port, notStarted)).rejects.toThrow('ours is not up');
});

test('its HTTP API answers to no host name that a web page can send', async () => {
  for (const host of [`127.0.0.1:${http.apiPort}`, `localhost:${http.apiPort}`, 'evil.example'])
    for (const method of ['GET', 'POST'])
      expect(
        await status('127.0.0.1', http.apiPort, host, { method, path: '/api/v1/namespaces/default/workflows/x' }),
      ).toBe(403);
  expect(await status('127.0.0.1', http.apiPort, http.apiHostName)).toBe(200);
});

test('its Web UI is at an address of its own, not where a page would look', async () => {
  expect(await status(http.uiHost, http.uiPort, http.uiHost, { path: '/' })).toBe(200);
  if (process.platform === 'linux') {
    expect(http.uiHost).not.toBe('127.0.0.1');
    await expect(status('127.0.0.1', http.uiPort, 'localhost', { path: '/' })).rejects.toThrow('ECONNREFUSED');
  }
});
