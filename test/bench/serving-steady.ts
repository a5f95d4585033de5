/**
 * `node test/bench/serving-steady.ts [seconds] [clients]`: continuous `predict` requests of one row on a single host,
 * in the same run as an empty Express route with the same number of clients. The event loop is the API's.
 */
import { startClient, startEmptyExpress } from './serving/children.ts';
import { eventLoopP99Ms, register, singleRow } from './serving/http.ts';
import { denseNetwork } from './serving/network.ts';
import { allResults, say } from './serving/report.ts';
import { createStack } from '../support/stack.ts';

const seconds = Number(process.argv[2] ?? 30);
const connections = Number(process.argv[3] ?? 32);
const warmUpSeconds = 2;
const stack = createStack({ ARTENIC_MODEL_PROCESSES: '1' });
try {
  await stack.start();
  await register(stack, 'small', denseNetwork([16, 64, 2]));
  const express = await startEmptyExpress();
  const client = startClient();
  const ours = { ...singleRow(stack), connections, seconds };
  const empty = { ...ours, port: express.port, path: '/' };
  for (const order of [empty, ours]) await client.load({ ...order, seconds: warmUpSeconds });
  const baseline = await client.load({ ...empty, seconds: Math.min(10, seconds) });
  await eventLoopP99Ms(stack);
  const report = await client.load(ours);
  const lagMs = await eventLoopP99Ms(stack);
  for (const one of [express, client]) await one.stop();
  say('predict, requests', report.requests, 0);
  say('predict, requests/s', report.perSecond, 0);
  say('predict, of an empty Express route', report.perSecond / baseline.perSecond);
  say('predict, p50 ms', report.p50Ms, 1);
  say('predict, p99 ms', report.p99Ms, 1);
  say('empty Express route, p99 ms', baseline.p99Ms, 1);
  say('predict, API event loop p99 ms', lagMs, 1);
  console.log(
    JSON.stringify({ bench: 'serving-steady', seconds, connections, node: process.version, ...allResults() }),
  );
} finally {
  await stack.destroy();
}
