import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { JobView } from '@artenic/core';
import { counterJob } from '../chaos/jobs.ts';
import { checkCounter, endOf } from '../chaos/verify.ts';
import { testTemporal } from '../setup/temporal.ts';
import { makeAuthority } from '../support/certificates.ts';
import { createStack, type Stack } from '../support/stack.ts';
import { startTemporalFront, type TemporalFront } from '../support/temporal-front.ts';

const folder = mkdtempSync(join(tmpdir(), 'artenic-tls-'));
const authority = makeAuthority('artenic tests');
const client = authority.issue('artenic');
const apiKey = 'key-of-the-tests';
let front: TemporalFront;
let stack: Stack;
let namespace: string;

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

beforeAll(async () => {
  const temporal = await testTemporal();
  namespace = temporal.namespace;
  front = await startTemporalFront({
    target: temporal.address,
    own: authority.issue('temporal.test'),
    clientAuthority: authority.certificate,
  });
  stack = createStack({
    TEMPORAL_ADDRESS: front.address,
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: file('ca.pem', authority.certificate),
    TEMPORAL_TLS_SERVER_NAME: 'temporal.test',
    TEMPORAL_TLS_CLIENT_CERT_PATH: file('client.pem', client.certificate),
    TEMPORAL_TLS_CLIENT_KEY_PATH: file('client.key', client.key),
    TEMPORAL_API_KEY_FILE: file('api.key', `${apiKey}\n`),
  });
  await stack.start();
}, 120_000);
afterAll(async () => {
  await stack.destroy();
  await front.close();
  rmSync(folder, { recursive: true });
}, 60_000);

test('a job runs behind mutual TLS, and each call of API and worker carries key and namespace', async () => {
  const config = { total: 5, every: 1, delay: 0.01 };
  const { id } = await stack.request<JobView>('POST', '/api/v1/jobs', counterJob(config));
  const job = await endOf(stack, id, 60_000);
  expect(await checkCounter(stack, job, config, true)).toEqual([]);
  const names = new Set(front.calls.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)));
  // the first ones are a client's, the others a worker's
  for (const name of ['GetSystemInfo', 'DescribeNamespace', 'StartWorkflowExecution', 'SignalWorkflowExecution'])
    expect(names).toContain(name);
  for (const name of ['PollWorkflowTaskQueue', 'PollActivityTaskQueue', 'RespondWorkflowTaskCompleted'])
    expect(names).toContain(name);
  const others = front.calls.filter(
    ({ headers }) => headers.authorization !== `Bearer ${apiKey}` || headers['temporal-namespace'] !== namespace,
  );
  expect(others.map(({ path, headers }) => [path, headers['temporal-namespace']])).toEqual([]);
}, 120_000);
