import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { UploadView } from '@artenic/core';
import { Upload } from 'tus-js-client';
import { createStack, type Stack } from '../support/stack.ts';

/** Megabytes that are uploaded; a longer run sets more. */
const megabytes = Number(process.env['ARTENIC_TEST_UPLOAD_MB'] ?? '200');
const kills = 5;

let stack: Stack;
beforeAll(async () => {
  stack = createStack();
  await stack.start();
}, 120_000);
afterAll(() => stack.destroy());

const megabyte = 1_000_000;
/** Most memory that a process has had, in MB. */
const peakMb = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1000;

test(`an upload survives ${kills} deaths of the API`, async () => {
  const content = randomBytes(megabytes * megabyte);
  const hash = createHash('sha256').update(content).digest('hex');
  const peaks: number[] = [];
  const dead = new Set<number>();
  const apiPid = (): number => stack.endpoints().processes['api'] ?? 0;
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  const upload = new Upload(content, {
    endpoint: `${stack.endpoints().api}/api/v1/uploads`,
    retryDelays: Array.from({ length: 100 }, () => 250),
    metadata: { path: 'large.bin' },
    headers: { authorization: `Bearer ${stack.adminKey()}` },
    onProgress: (sent) => {
      if (dead.size >= kills || sent < ((dead.size + 1) * content.length) / (kills + 1)) return;
      const pid = apiPid();
      if (dead.has(pid)) return;
      dead.add(pid);
      peaks.push(peakMb(pid));
      process.kill(pid, 'SIGKILL');
    },
    onSuccess: () => resolve(),
    onError: reject,
  });
  upload.start();
  await ended;
  peaks.push(peakMb(apiPid()));
  expect(dead.size).toBe(kills);
  const { pathname } = new URL(upload.url ?? '');
  expect(await stack.request<UploadView>('GET', pathname)).toMatchObject({ state: 'stored', sha256: hash });
  await stack.request('POST', '/api/v1/datasets', { name: 'large' });
  const put = [{ path: 'large.bin', sha256: hash, bytes: content.length }];
  await stack.request('POST', '/api/v1/datasets/large/versions', { put });
  const file = await fetch(`${stack.endpoints().api}/api/v1/datasets/large/files/large.bin`, {
    headers: { authorization: `Bearer ${stack.adminKey()}` },
  });
  const found = createHash('sha256');
  for await (const chunk of file.body ?? []) found.update(chunk as Uint8Array);
  expect(found.digest('hex')).toBe(hash);
  peaks.push(peakMb(apiPid()));
  process.stdout.write(`API's most memory in MB: ${peaks.map((peak) => Math.round(peak)).join(', ')}\n`);
  // Neither the upload nor its parts are in memory at once.
  expect(Math.max(...peaks)).toBeLessThan(400);
}, 600_000);
