import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { prepareTemporal } from '../../workers/temporal/setup.ts';
import { searchAttributes } from '../../workflows/contracts/index.ts';
import { testTemporal } from '../setup/temporal.ts';

let connection: Connection;
beforeAll(async () => {
  connection = await Connection.connect({ address: (await testTemporal()).address });
});
afterAll(() => connection.close());

test('a namespace that is not there is made with retention and search attributes, and a start with them works', async () => {
  const namespace = `made-${randomUUID()}`;
  await Promise.all([prepareTemporal(connection, namespace, 20_000), prepareTemporal(connection, namespace, 20_000)]);
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600);
  const client = new Client({ connection, namespace });
  const handle = await client.workflow.start('nothing', {
    taskQueue: 'nobody',
    workflowId: 'one',
    args: [],
    typedSearchAttributes: [
      { key: searchAttributes.jobId, value: 'job' },
      { key: searchAttributes.attempt, value: 1 },
    ],
  });
  expect((await handle.describe()).typedSearchAttributes.get(searchAttributes.attempt)).toBe(1);
  await handle.terminate();
});
