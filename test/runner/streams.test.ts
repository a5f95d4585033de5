import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { startCuttingServer } from '../support/cutting-server.ts';
import { poll } from '../support/poll.ts';
import { World } from './world.ts';

const world = new World();
afterAll(() => world.destroy());

const numbered = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('');
/** Prints `count` lines and metrics over about `seconds`. */
const counter = (count: number, seconds: number): readonly string[] => [
  'python3',
  '-c',
  `
import json, os, time
metrics = open(os.environ['ARTENIC_METRICS_FILE'], 'a', buffering=1)
for i in range(1, ${count} + 1):
    print('line', i, flush=True)
    metrics.write(json.dumps({'step': i, 'progress': i / ${count}}) + '\\n')
    time.sleep(${seconds} / ${count})
`,
];
/** Prints at least 600 lines and metrics, until the file `enough` exists; then prints their number. */
const untilEnough = [
  'python3',
  '-c',
  `
import itertools, json, os, time
metrics = open(os.environ['ARTENIC_METRICS_FILE'], 'a', buffering=1)
for i in itertools.count(1):
    print('line', i, flush=True)
    metrics.write(json.dumps({'step': i, 'progress': 0.5}) + '\\n')
    if i >= 600 and os.path.exists('enough'): break
    time.sleep(0.005)
print(i, 'in all')
`,
];
const stepsOf = (metrics: string): readonly number[] =>
  metrics
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { step: number }).step);

test.concurrent('the API dies or is busy again and again, or cuts off after taking and before answering: nothing is lost or doubled', async () => {
  const attempt = await world.start({ job: { command: untilEnough } });
  const { api } = attempt;
  const log = join(attempt.folder, 'logs/training.log');
  const written = (): number => (existsSync(log) ? statSync(log).size : 0);
  let answers = 0;
  api.losesAnswer = () => ++answers % 3 === 0;
  for (let death = 0; death < 8; death++) {
    const calls = api.calls.length;
    await poll('the API to be called', 20_000, () => (api.calls.length > calls + 3 ? true : null));
    const isBusy = death % 2 === 1;
    if (isBusy) api.busyPaths = ['*'];
    else await api.down();
    const bytes = written();
    await poll('output that the API does not get', 20_000, () => (written() > bytes + 200 ? true : null));
    if (!isBusy) await api.up();
    api.busyPaths = [];
  }
  writeFileSync(join(attempt.folder, 'package/enough'), '');
  expect(await attempt.end()).toBe(0);
  expect(api.violations).toEqual([]);
  const count = Number(/(\d+) in all\n$/.exec(api.text('logs/training'))?.[1]);
  expect(count).toBeGreaterThanOrEqual(600);
  expect(api.text('logs/training')).toBe(`${numbered(count)}${count} in all\n`);
  expect(stepsOf(api.text('metrics'))).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  expect(api.events.map((event) => event.kind)).toEqual(['phase', 'exited']);
  expect(api.progress.at(-1)).toBeGreaterThan(0);
});

test.concurrent('a line is shipped when it is written, not at the next look at the file', async () => {
  const waits = `until [ -e begin ]; do sleep 0.05; done; echo late; until [ -e enough ]; do sleep 0.05; done`;
  const attempt = await world.start({ job: { command: waits }, bootstrap: { shipIntervalMs: 600_000 } });
  const { api } = attempt;
  await poll('the command to run', 20_000, () => (api.events.some(({ kind }) => kind === 'phase') ? true : null));
  writeFileSync(join(attempt.folder, 'package/begin'), '');
  await poll('the line', 20_000, () => (api.text('logs/training') === 'late\n' ? true : null));
  writeFileSync(join(attempt.folder, 'package/enough'), '');
  expect(await attempt.end()).toBe(0);
});

test.concurrent('an event whose answer was lost is told again under the same id', async () => {
  const attempt = await world.run({
    job: { command: 'true' },
    prepare: (api) => {
      const lost = new Set<string>();
      api.losesAnswer = (path) => !lost.has(path) && Boolean(lost.add(path));
    },
  });
  expect(attempt.api.eventIds.length).toBeGreaterThan(attempt.api.events.length);
  expect(attempt.api.events.map((event) => event.kind)).toEqual(['phase', 'exited']);
});

test.concurrent('pieces end at the ends of lines, whatever their length', async () => {
  const attempt = await world.run({
    job: {
      command: `python3 -c "
import os
print('x' * 3_000_000)
for i in range(40_000): print('y' * (i % 90))
open(os.environ['ARTENIC_METRICS_FILE'], 'w').write(''.join('{\\"step\\": %d}\\n' % i for i in range(100_000)))"`,
    },
  });
  const text = attempt.api.text('logs/training');
  expect(text.length).toBe(3_000_001 + Array.from({ length: 40_000 }, (_, i) => (i % 90) + 1).reduce((a, b) => a + b));
  expect(stepsOf(attempt.api.text('metrics'))).toHaveLength(100_000);
  for (const piece of attempt.api.streams.metrics) expect(piece.at(-1)).toBe(0x0a);
});

test('50 MB of log that have waited come through in full pieces', async () => {
  const attempt = await world.start({
    job: { command: `yes ${'x'.repeat(99)} | head -c 50000000; echo last; touch wrote` },
    prepare: (api) => {
      api.busyPaths = ['logs'];
    },
  });
  await poll('all to be written', 20_000, () => (existsSync(join(attempt.folder, 'package/wrote')) ? true : null));
  attempt.api.busyPaths = [];
  expect(await attempt.end()).toBe(0);
  // One piece may have been cut short while the log was small.
  expect(attempt.api.streams['logs/training'].length).toBeLessThanOrEqual(Math.ceil(50_000_005 / 2 ** 20) + 2);
  const log = attempt.api.bytes('logs/training');
  expect(log.length).toBe(50_000_005);
  expect(log.subarray(-5).toString()).toBe('last\n');
});

test.concurrent('a line without its end is shown, too', async () => {
  const attempt = await world.start({
    job: { command: "printf 'step 1 of 9'; while [ ! -e go ]; do sleep 0.05; done; echo" },
  });
  await attempt.logged('step 1 of 9');
  expect(attempt.hasMarker()).toBe(false);
  writeFileSync(join(attempt.folder, 'package/go'), '');
  expect(await attempt.end()).toBe(0);
  expect(attempt.api.text('logs/training')).toBe('step 1 of 9\n');
});

test.concurrent('secrets are masked in logs and metrics, also in the verdict, and offsets are those of the masked text', async () => {
  const secret = randomBytes(12).toString('hex');
  const command = `python3 -u -c "
import os, sys, time
secret = os.environ['TOKEN']
sys.stdout.write('a ' + secret[:7])
while not os.path.exists('go'): time.sleep(0.02)
sys.stdout.write(secret[7:] + ' b' + chr(10))
open(os.environ['ARTENIC_METRICS_FILE'], 'w').write('{\\"step\\": 1, \\"' + secret + '\\": 2}' + chr(10))
sys.exit('failed with ' + secret)"`;
  const attempt = await world.start({
    job: { command, secrets: ['TOKEN'] },
    secrets: { TOKEN: secret },
    prepare: (api) => {
      let pieces = 0;
      api.losesAnswer = (path) => path === 'logs' && ++pieces === 1;
    },
  });
  // The line is shown without its end; the half of the secret after it is held back.
  await attempt.logged('a ');
  writeFileSync(join(attempt.folder, 'package/go'), '');
  expect(await attempt.end()).toBe(0);
  expect(attempt.api.violations).toEqual([]);
  expect(attempt.api.text('logs/training')).toBe('a *** b\nfailed with ***\n');
  expect(attempt.api.text('metrics')).toBe('{"step": 1, "***": 2}\n');
  expect(attempt.marker().message).toBe('The command ended with exit code 1. Its log ends with: failed with ***');
});

test.concurrent('a job that ends while the API is away leaves its verdict, and tells the rest when the API is back', async () => {
  const attempt = await world.start({ job: { command: [...counter(20, 0.4)] } });
  await attempt.logged('line 1\n');
  await attempt.api.down();
  await poll('the verdict', 10_000, () => (attempt.hasMarker() ? true : null));
  expect(attempt.marker().exitCode).toBe(0);
  expect(attempt.child.exitCode).toBe(null);
  await attempt.api.up();
  expect(await attempt.end()).toBe(0);
  expect(attempt.api.text('logs/training')).toBe(numbered(20));
  expect(attempt.api.events.at(-1)?.kind).toBe('exited');
});

test.concurrent('an attempt that has been ended may still deliver what it wrote', async () => {
  const attempt = await world.start({ job: { command: [...counter(20, 0.4)] } });
  await attempt.logged('line 1\n');
  await attempt.api.down();
  await poll('the verdict', 10_000, () => (attempt.hasMarker() ? true : null));
  attempt.api.fencedPaths = ['heartbeat', 'events'];
  await attempt.api.up();
  expect(await attempt.end()).toBe(0);
  expect(attempt.api.text('logs/training')).toBe(numbered(20));
});

test.concurrent('the API comes back at another address, and a stranger has taken the old one', async () => {
  const endpointsFile = join(world.folder, 'endpoints.json');
  const attempt = await world.start({ job: { command: [...counter(100, 1.5)] }, bootstrap: { endpointsFile } });
  const { api } = attempt;
  await attempt.logged('line 1\n');
  const old = new URL(api.url);
  await api.down();
  let asked = 0;
  const stranger: Server = createServer((request, response) => {
    asked++;
    request.resume();
    response.writeHead(asked % 2 === 0 ? 401 : 404, { 'content-type': 'text/html' }).end('<h1>no</h1>');
  });
  stranger.listen(Number(old.port), '127.0.0.1');
  await once(stranger, 'listening');
  await poll('the stranger to be asked', 10_000, () => (asked > 3 ? true : null));
  expect(attempt.child.exitCode).toBe(null);
  await api.up(true);
  expect(api.url).not.toBe(old.origin);
  writeFileSync(`${endpointsFile}.tmp`, JSON.stringify({ api: api.url }));
  renameSync(`${endpointsFile}.tmp`, endpointsFile);
  expect(await attempt.end()).toBe(0);
  stranger.close();
  stranger.closeAllConnections();
  expect((stranger.address() as AddressInfo | null)?.port).toBeUndefined();
  expect(api.text('logs/training')).toBe(numbered(100));
});

test.concurrent('a server that has forgotten gets everything again', async () => {
  const attempt = await world.start({ job: { command: [...counter(100, 1.5)] }, secrets: { WORD: 'line 7' } });
  await attempt.logged('line 20\n');
  // The API's database is restored to its state after the first piece, and that piece is incomplete.
  attempt.api.streams['logs/training'].splice(0, Infinity, attempt.api.bytes('logs/training').subarray(0, 30));
  expect(await attempt.end()).toBe(0);
  expect(attempt.api.text('logs/training')).toBe(numbered(100).replaceAll('line 7', '***'));
});

test.concurrent('the API is not there yet at the start', async () => {
  const attempt = await world.start({ job: { command: 'echo late' }, isApiUp: false });
  const nobody = await startCuttingServer(Number(new URL(attempt.api.url).port));
  await nobody.tried(1);
  await nobody.close();
  await attempt.api.up();
  expect(await attempt.end()).toBe(0);
  expect(attempt.api.text('logs/training')).toBe('late\n');
});
