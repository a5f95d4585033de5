/**
 * `node test/bench/serving-peers.ts [seconds per round] [rounds]`: the same ONNX file and the same rows over HTTP
 * through Artenic, FastAPI + onnxruntime and `mlflow models serve`, all as published packages, in turn in each round.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonTool } from '../../scripts/python-tools.mjs';
import { freePort } from '../../workers/up/ports.ts';
import { poll } from '../support/poll.ts';
import { createStack } from '../support/stack.ts';
import { startClient } from './serving/children.ts';
import { batchBodies, register } from './serving/http.ts';
import { denseNetwork } from './serving/network.ts';
import { allResults, alternate, median, ratio, say } from './serving/report.ts';

const seconds = Number(process.argv[2] ?? 2);
const times = Number(process.argv[3] ?? 5);
const features = 128;
const rows = 32;
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'artenic-peers-'));
const bin = pythonTool(at('../..'), 'peers');
const servers: ChildProcess[] = [];

/** Started in a process group of its own, because mlflow starts child processes. */
function start(args: readonly string[]): void {
  const environment = { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, OMP_NUM_THREADS: '1' };
  servers.push(spawn(`${bin}/python`, args, { stdio: 'ignore', detached: true, cwd: folder, env: environment }));
}

async function awaitAnswer(address: string): Promise<void> {
  await poll(address, 120_000, async () => ((await fetch(address).catch(() => null)) === null ? null : true));
}

const stack = createStack();
try {
  const file = join(folder, 'large.onnx');
  const model = denseNetwork([features, 1024, 1024, 10]);
  writeFileSync(file, model);
  const [fastapiPort, mlflowPort] = [await freePort(), await freePort()];
  execFileSync(`${bin}/python`, [at('serving/mlflow_model.py'), file, join(folder, 'mlflow')], { stdio: 'ignore' });
  start([at('serving/fastapi_server.py'), file, String(fastapiPort)]);
  const serve = ['models', 'serve', '-m', join(folder, 'mlflow'), '--env-manager', 'local', '-h', '127.0.0.1'];
  start([`${bin}/mlflow`, ...serve, '-p', String(mlflowPort), '-w', '1']);
  await stack.start();
  await register(stack, 'large', model);
  await awaitAnswer(`http://127.0.0.1:${fastapiPort}/docs`);
  await awaitAnswer(`http://127.0.0.1:${mlflowPort}/ping`);

  const { byRow, oipJson } = batchBodies(features);
  const json = { 'content-type': 'application/json' };
  const keyed = { ...json, authorization: `Bearer ${stack.adminKey()}` };
  const port = Number(new URL(stack.endpoints().api).port);
  const one = byRow.slice(0, 1);
  const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
  const ours = { port, headers: keyed };
  const requests = {
    artenic: { ...ours, path: '/v2/models/large/infer', body: oipJson, count: rows },
    artenicSingle: { ...ours, path: '/api/v1/models/large/predict', body: bytes({ inputs: { x: one[0] } }), count: 1 },
    fastapi: { port: fastapiPort, headers: json, path: '/predict', body: bytes({ inputs: byRow }), count: rows },
    fastapiSingle: { port: fastapiPort, headers: json, path: '/predict', body: bytes({ inputs: one }), count: 1 },
    mlflow: {
      port: mlflowPort,
      headers: json,
      path: '/invocations',
      body: bytes({ inputs: { x: byRow } }),
      count: rows,
    },
    mlflowSingle: {
      port: mlflowPort,
      headers: json,
      path: '/invocations',
      body: bytes({ inputs: { x: one } }),
      count: 1,
    },
  };
  const client = startClient();
  const measure = (name: keyof typeof requests, lengthSeconds: number) => async () => {
    const { count, ...request } = requests[name];
    const connections = count === 1 ? 32 : 8;
    return (await client.load({ ...request, method: 'POST', connections, seconds: lengthSeconds })).perSecond * count;
  };
  const names = Object.keys(requests) as (keyof typeof requests)[];
  for (const name of names) await measure(name, 1)();
  const taken = await alternate(
    times,
    Object.fromEntries(names.map((name) => [name, measure(name, seconds)])) as Record<
      keyof typeof requests,
      () => Promise<number>
    >,
  );
  await client.stop();
  for (const name of names) say(`${name}, rows/s`, median(taken[name]), 0);
  for (const peer of ['fastapi', 'mlflow'] as const) {
    say(`${rows} rows a request, over ${peer}`, ratio(taken.artenic, taken[peer]), 1);
    say(`single rows, 32 clients, over ${peer}`, ratio(taken.artenicSingle, taken[`${peer}Single`]), 1);
  }
  console.log(
    JSON.stringify({ cores: cpus().length, cpu: cpus()[0]?.model, seconds, times, ...allResults() }, null, 2),
  );
} finally {
  for (const server of servers) {
    if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) continue;
    const ended = once(server, 'exit');
    process.kill(-server.pid, 'SIGKILL');
    await ended;
  }
  await stack.destroy();
  rmSync(folder, { recursive: true, force: true });
}
