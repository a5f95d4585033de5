import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { JobView, LogPage } from '@artenic/core';
import { freePort } from '../../workers/up/ports.ts';
import { buildWorkflowBundle } from '../../workers/temporal/workflow-bundle.ts';
import { attemptWorkflowId, failoverWorkflowId, trainingJobWorkflowId } from '../../workflows/contracts/training.ts';
import { endOf } from '../chaos/verify.ts';
import { startOtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.ts';
import { poll } from '../support/poll.ts';
import { createStack, type Stack } from '../support/stack.ts';

let receiver: Awaited<ReturnType<typeof startOtlpReceiver>>;
let stack: Stack;
let metricsAddress: string;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  metricsAddress = `127.0.0.1:${await freePort()}`;
  stack = createStack(
    {
      ...{ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '100', ARTENIC_HEARTBEAT_MS: '100' },
      ARTENIC_TEMPORAL_METRICS_ADDRESS: metricsAddress,
    },
    { buildsAtFirst: true },
  );
  await stack.start();
}, 150_000);

afterAll(async () => {
  await stack.destroy();
  receiver.close();
}, 60_000);

const named = (service: string, name: RegExp) => (span: ReceivedSpan) =>
  span.service === service && name.test(span.name);

test('one trace from the request through workflow and activity to the runner and its training', async () => {
  const spec = { service: 'traced', command: 'sleep 0.5; echo "as $TRACEPARENT"', placement: { providers: ['local'] } };
  const { id } = await stack.request<JobView>('POST', '/api/v1/jobs', spec);
  expect((await endOf(stack, id, 60_000)).state).toBe('succeeded');

  const submit = await poll(
    'the span of the request',
    20_000,
    () => receiver.spans.find(named('artenic-api', /^POST \/api\/v1\/jobs$/)) ?? null,
  );
  const find = (service: string, name: RegExp): Promise<ReceivedSpan> =>
    poll(
      `a span ${name.source}`,
      20_000,
      () => receiver.spans.find((span) => span.traceId === submit.traceId && named(service, name)(span)) ?? null,
    );
  const started = await find('artenic-api', /^StartWorkflow:trainingJob$/);
  expect(started.parentId).toBe(submit.spanId);
  const job = await find('artenic-worker', /^RunWorkflow:trainingJob$/);
  expect(job.parentId).toBe(started.spanId);
  await find('artenic-worker', /^RunWorkflow:spotFailover$/);
  await find('artenic-worker', /^RunWorkflow:trainingAttempt$/);
  const launched = await find('artenic-worker', /^RunActivity:tryLaunch$/);
  const hello = await find('artenic-api', /^POST \/api\/v1\/runner\/hello$/);
  expect(hello.parentId).toBe(launched.spanId);
  await find('artenic-api', /^POST \/api\/v1\/runner\/events$/);

  const log = await stack.request<LogPage>('GET', `/api/v1/jobs/${id}/logs?attempt=1&stream=training&offset=0`);
  expect(log.text).toContain(`as 00-${submit.traceId}-${launched.spanId}-01`);
  // Requests that repeat every second have no span, and neither has a try that only waited.
  expect(receiver.spans.filter(({ name }) => /heartbeat|runner\/logs|readyz/.test(name))).toEqual([]);
  expect(receiver.spans.filter(named('artenic-worker', /^RunActivity:watchInstance$/)).length).toBeLessThan(2);
  expect(JSON.stringify(receiver.spans)).not.toContain(stack.adminKey());

  // Histories that were recorded with traces replay without them.
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const workflowBundle = { code: await buildWorkflowBundle({ isTraced: false }) };
  const connection = await Connection.connect({ address: stack.endpoints().temporalAddress });
  const client = new Client({ connection });
  for (const workflowId of [trainingJobWorkflowId(id), failoverWorkflowId(id), attemptWorkflowId(id, 1)]) {
    const history = await client.workflow.getHandle(workflowId).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
  }
  await connection.close();
}, 150_000);

test('the worker shows the metrics of Temporal’s SDK at the address that it was given', async () => {
  const response = await fetch(`http://${metricsAddress}/metrics`);
  expect(response.status).toBe(200);
  const text = await response.text();
  expect(text).toMatch(/^temporal_worker_task_slots_available\{.*task_queue="control".*\} \d+$/m);
  expect(text).toContain('temporal_workflow_task_schedule_to_start_latency');
});
