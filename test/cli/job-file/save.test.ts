import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createClient } from '@artenic/client';
import { saveWhole } from '../../../cli/job-file/save.ts';

const content = randomBytes(5_000_000);
const sha256 = createHash('sha256').update(content).digest('hex');

let server: Server;
let folder: string;
/** Where each request began. */
let starts: number[];
/** Bytes after which the server breaks a connection. */
let breaksAfter: number;
let hasRanges: boolean;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'artenic-save-'));
  [starts, breaksAfter, hasRanges] = [[], content.length, true];
  server = createServer((request, response) => {
    const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const start = hasRanges ? Number(asked ?? 0) : 0;
    starts.push(start);
    const range = { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` };
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': content.length - start,
      ...(start > 0 ? range : {}),
    });
    const part = content.subarray(start, start + breaksAfter);
    if (start + part.length === content.length) response.end(part);
    else response.write(part, () => setImmediate(() => response.destroy()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function save(retries: number, expected = sha256): Promise<{ readonly sha256: string }> {
  const { port } = server.address() as AddressInfo;
  const client = createClient({ url: `http://127.0.0.1:${port}`, apiKey: 'key', retries });
  const what = { bytes: content.length, sha256: expected, identity: 'one', onBytes: () => undefined };
  return saveWhole(join(folder, 'a.bin'), what, (read, offset) =>
    client.jobs.readOutput('job', { attempt: 1, path: 'a.bin' }, read, offset),
  );
}
const isWhole = (): boolean => readFileSync(join(folder, 'a.bin')).equals(content);

test('a broken connection and a later call continue within the file', async () => {
  breaksAfter = 2_000_000;
  await expect(save(1)).rejects.toThrow();
  expect([starts[0], starts.length]).toEqual([0, 2]);
  const [left = ''] = readdirSync(folder);
  const kept = readFileSync(join(folder, left));
  expect(kept.equals(content.subarray(0, kept.length))).toBe(true);
  // A process that was killed has left it.
  rmSync(join(folder, left));
  writeFileSync(join(folder, left.replace(`.${process.pid}.`, '.999999999.')), kept);
  await save(4);
  expect(starts[2]).toBe(kept.length);
  expect([isWhole(), readdirSync(folder)]).toEqual([true, ['a.bin']]);
});

test('a server without ranges sends all of it, and another content leaves nothing', async () => {
  breaksAfter = 2_000_000;
  await expect(save(0)).rejects.toThrow();
  [breaksAfter, hasRanges] = [content.length, false];
  await save(0);
  expect(isWhole()).toBe(true);
  rmSync(join(folder, 'a.bin'));
  await expect(save(0, 'f'.repeat(64))).rejects.toThrow('arrived with the SHA-256');
  expect(readdirSync(folder)).toEqual([]);
});
