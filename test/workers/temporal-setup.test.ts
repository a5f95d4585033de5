import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { prepareTemporal } from '../../workers/temporal/setup.ts';
import { searchAttributes } from '../../workflows/contracts/index.ts';
import { testTemporal } from '../setup/temporal.ts';

let connection: Connection;
beforeAll(async () => {
  connection = await Connection.connect({ address: (await testTemporal()).address });
});
afterAll(() => connection.close());

const of = (name: string, retentionDays: number | null = null) => ({ namespace: name, retentionDays });
const daysOf = async (namespace: string) => {
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  return Number(config?.workflowExecutionRetentionTtl?.seconds) / (24 * 3600);
};

test('a namespace that is not there is made with retention and search attributes, and a start with them works', async () => {
  const namespace = `made-${randomUUID()}`;
  await Promise.all([
    prepareTemporal(connection, of(namespace), 20_000),
    prepareTemporal(connection, of(namespace), 20_000),
  ]);
  expect(await daysOf(namespace)).toBe(30);
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

test("an operator's retention stays unless one is configured; less than a day is a problem", async () => {
  const namespace = `kept-${randomUUID()}`;
  await prepareTemporal(connection, of(namespace, 3), 20_000);
  expect(await prepareTemporal(connection, of(namespace), 5000)).toEqual([]);
  expect(await daysOf(namespace)).toBe(3);
  await prepareTemporal(connection, of(namespace, 5), 5000);
  expect(await daysOf(namespace)).toBe(5);
  const seconds = 3600;
  const config = proto.temporal.api.namespace.v1.NamespaceConfig.fromObject({
    workflowExecutionRetentionTtl: { seconds, nanos: 0 },
  });
  await connection.workflowService.updateNamespace({ namespace, config });
  expect(await prepareTemporal(connection, of(namespace), 5000)).toEqual([
    { kind: 'retention', message: expect.stringContaining(`namespace ${namespace} for 1 hours only`) },
  ]);
});
