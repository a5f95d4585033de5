import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { SignedObjectRequest } from '@artenic/core';
import { download, SignatureRefusedError, StorageAwayError, upload } from '../../runner/storage/transfer.ts';

const content = randomBytes(1_000_000);
const sha256 = createHash('sha256').update(content).digest('hex');
const folder = mkdtempSync(join(tmpdir(), 'artenic-transfer-'));
const path = join(folder, 'deep', 'file');
const { signal } = new AbortController();
let server: Server;
/** Bytes after which a connection ends; 0 means never. */
let cutAfter = 0;
let hasRanges = true;
let statuses: number[] = [];
const offsets: number[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const status = statuses.shift();
    if (status !== undefined) {
      request.resume().once('end', () => response.writeHead(status).end('so it is'));
      return;
    }
    const begin = hasRanges ? Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0;
    offsets.push(begin);
    const rest = content.subarray(begin);
    if (rest.length === 0) return void response.writeHead(416).end();
    response.writeHead(begin > 0 ? 206 : 200, { 'content-length': String(rest.length) });
    if (cutAfter === 0) response.end(rest);
    else response.write(rest.subarray(0, cutAfter), () => setTimeout(() => response.destroy(), 20));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
beforeEach(() => {
  cutAfter = 0;
  hasRanges = true;
  statuses = [];
  offsets.length = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const signed = (method: 'GET' | 'PUT'): SignedObjectRequest => ({
  method,
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
  headers: { 'content-length': '3' },
  expiresAt: new Date().toISOString(),
});
const get = () => download(async () => signed('GET'), path, sha256, signal);

test('a download that is cut off goes on where it ended', async () => {
  cutAfter = 300_000;
  await get();
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(offsets.length).toBeGreaterThan(1);
  expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
  expect(offsets.at(-1)).toBeGreaterThan(0);
});

test('a server without ranges begins anew, and nothing is there twice', async () => {
  statuses = [503, 429, 403];
  hasRanges = false;
  await get();
  expect(readFileSync(path).equals(content)).toBe(true);
});

test('what has another hash, or is not there, leaves no file', async () => {
  await expect(download(async () => signed('GET'), path, 'f'.repeat(64), signal)).rejects.toThrow(/has the hash/);
  expect(existsSync(path)).toBe(false);
  statuses = [404];
  await expect(get()).rejects.toThrow(/404/);
  expect(existsSync(path)).toBe(false);
});

test('an upload says who may help: nobody, time, or who signs', async () => {
  statuses = [200, 400, 500, 429, 403];
  const put = () => upload(signed('PUT'), new Blob(['abc']), signal);
  expect(await put()).toBe('');
  await expect(put()).rejects.toThrow(/400: so it is/);
  await expect(put()).rejects.toThrow(StorageAwayError);
  await expect(put()).rejects.toThrow(StorageAwayError);
  await expect(put()).rejects.toThrow(SignatureRefusedError);
});
