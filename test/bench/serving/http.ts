import { createHash } from 'node:crypto';
import { processesWith } from '../../support/processes.ts';
import type { Stack } from '../../support/stack.ts';
import { startBare, startClient, startEmptyExpress } from './children.ts';
import type { BenchModel } from './queue.ts';
import { alternate, median, ratio, say } from './report.ts';

const rows = 32;

/** Uploads, registers and promotes a model. */
export async function register(stack: Stack, model: string, bytes: Uint8Array): Promise<void> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const put = await fetch(`${stack.endpoints().api}/api/v1/objects/models/${sha256}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${stack.adminKey()}`, 'content-type': 'application/octet-stream' },
    body: Buffer.from(bytes),
  });
  if (!put.ok) throw new Error(await put.text());
  await stack.request('POST', '/api/v1/models', { model, sha256 });
  await stack.request('POST', `/api/v1/models/${model}/versions/1/promote`, {});
}

/** p99 of the API's event loop delay since the last call; it includes the 10 ms between two samples. */
export async function eventLoopP99Ms(stack: Stack): Promise<number> {
  const response = await fetch(`${stack.endpoints().api}/metrics`, {
    headers: { authorization: `Bearer ${stack.adminKey()}` },
  });
  const text = await response.text();
  const value = /^artenic_nodejs_eventloop_lag_p99_seconds ([\d.e-]+)/m.exec(text)?.[1];
  if (value === undefined) throw new Error(`no event loop lag in the metrics: ${text.slice(0, 200)}`);
  return Number(value) * 1000;
}

/** All formats in which 32 rows can be sent. */
export function batchBodies(features: number) {
  const values = Array.from({ length: rows * features }, (_, index) => Math.fround(Math.sin(index)));
  const input = { name: 'x', shape: [rows, features], datatype: 'FP32' };
  const bytes = Buffer.from(Float32Array.from(values).buffer);
  const head = Buffer.from(
    JSON.stringify({
      inputs: [{ ...input, parameters: { binary_data_size: bytes.length } }],
      parameters: { binary_data_output: true },
    }),
  );
  const byRow = Array.from({ length: rows }, (_, row) => values.slice(row * features, (row + 1) * features));
  return {
    oipJson: Buffer.from(JSON.stringify({ inputs: [{ ...input, data: values }] })),
    oipBinary: Buffer.concat([head, bytes]),
    oipHeaderBytes: head.length,
    predictBatch: Buffer.from(JSON.stringify({ inputs: byRow.map((x) => ({ x })) })),
    byRow,
  };
}

/** 32 rows in an HTTP request, against as many bare loops as the model has hosts. */
export async function batchHttpRounds(
  stack: Stack,
  { name: model, bytes, file, features, seconds, times }: BenchModel,
): Promise<void> {
  await register(stack, model, bytes);
  const port = Number(new URL(stack.endpoints().api).port);
  const bodies = batchBodies(features);
  const authorization = `Bearer ${stack.adminKey()}`;
  const json = { authorization, 'content-type': 'application/json' };
  const octets = {
    authorization,
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(bodies.oipHeaderBytes),
  };
  const client = startClient();
  const lag: number[] = [];
  const round =
    (path: string, headers: Readonly<Record<string, string>>, body: Uint8Array, lengthSeconds = seconds) =>
    async () => {
      const order = { port, method: 'POST', path, headers, body, connections: 8, seconds: lengthSeconds } as const;
      await eventLoopP99Ms(stack);
      const { perSecond } = await client.load(order);
      lag.push(await eventLoopP99Ms(stack));
      return perSecond * rows;
    };
  const [infer, predictBatch] = [`/v2/models/${model}/infer`, `/api/v1/models/${model}/predict_batch`];
  // Warm up until all code is compiled and all processes are running.
  await round(infer, octets, bodies.oipBinary, 3)();
  await round(infer, json, bodies.oipJson, 3)();
  await round(predictBatch, json, bodies.predictBatch, 3)();
  lag.length = 0;
  const processes = processesWith(`serving/host.ts\0${stack.endpoints().processes['api']}\0`).length;
  const bare = startBare(processes);
  const taken = await alternate(times, {
    bare: async () => (await bare.run({ file, dims: [rows, features], seconds })).rowsPerSecond,
    json: round(infer, json, bodies.oipJson),
    binary: round(infer, octets, bodies.oipBinary),
    batch: round(predictBatch, json, bodies.predictBatch),
  });
  await bare.stop();
  await client.stop();
  const name = `${model}, of bare with ${processes} process${processes === 1 ? '' : 'es'}`;
  say(`HTTP OIP JSON, ${rows} rows a request, ${name}`, ratio(taken.json, taken.bare));
  say(`HTTP OIP binary, ${rows} rows a request, ${name}`, ratio(taken.binary, taken.bare));
  say(`HTTP predict_batch, ${rows} rows a request, ${name}`, ratio(taken.batch, taken.bare));
  say(`API event loop p99 ms while saturated, ${model}, median round`, median(lag), 1);
  say(`API event loop p99 ms while saturated, ${model}, worst round`, Math.max(...lag), 1);
}

/** A single row for the model "small", as a `predict` request. */
export function singleRow(stack: Stack) {
  const body = Buffer.from(JSON.stringify({ inputs: { x: Array.from({ length: 16 }, (_, index) => index / 16) } }));
  const headers = { authorization: `Bearer ${stack.adminKey()}`, 'content-type': 'application/json' };
  const port = Number(new URL(stack.endpoints().api).port);
  return { port, method: 'POST', path: '/api/v1/models/small/predict', headers, body } as const;
}

/**
 * A small row per request: with 32 clients against an empty Express route, and with a single client on an idle machine.
 */
export async function singleHttpRounds(stack: Stack, file: string, seconds: number, times: number): Promise<void> {
  const express = await startEmptyExpress();
  const client = startClient();
  const bare = startBare(1);
  const ours = { ...singleRow(stack), seconds };
  const empty = { ...ours, port: express.port, path: '/' };
  for (const order of [empty, ours]) await client.load({ ...order, connections: 32, seconds: 2 });
  await eventLoopP99Ms(stack);
  const slowest: number[] = [];
  const taken = await alternate(times, {
    empty: async () => (await client.load({ ...empty, connections: 32 })).perSecond,
    ours: async () => {
      const { perSecond, p99Ms } = await client.load({ ...ours, connections: 32 });
      slowest.push(p99Ms);
      return perSecond;
    },
    emptyIdleMs: async () => (await client.load({ ...empty, connections: 1 })).p50Ms,
    oursIdleMs: async () => (await client.load({ ...ours, connections: 1 })).p50Ms,
    bareIdleMs: async () => (await bare.run({ file, dims: [1, 16], seconds: 0.5 })).p50Ms,
  });
  const lag = await eventLoopP99Ms(stack);
  for (const one of [express, client, bare]) await one.stop();
  say('empty Express route, 32 clients, requests/s', median(taken.empty), 0);
  say('predict, 32 clients, requests/s', median(taken.ours), 0);
  say('predict, 32 clients, of an empty Express route', ratio(taken.ours, taken.empty));
  say('predict, 32 clients, p99 ms', median(slowest), 1);
  say('predict, API event loop p99 ms', lag, 1);
  say('predict, idle, p50 ms', median(taken.oursIdleMs));
  const added = taken.oursIdleMs.map(
    (value, index) => value - (taken.emptyIdleMs[index] ?? Number.NaN) - (taken.bareIdleMs[index] ?? Number.NaN),
  );
  say('predict, idle, ms over an empty route and a bare run', median(added));
}
