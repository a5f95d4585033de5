import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { completionMarkerSchema, jobSpecSchema, objectKeys } from '@artenic/core';
import { createS3Storage } from '../../../../activities/storage/s3/storage.ts';
import type { ObjectSigning, ObjectStorage } from '../../../../core/object-storage.ts';
import { userDataOf } from '../../../../activities/providers/aws/user-data.ts';
import { pythonTool } from '../../../../scripts/python-tools.mjs';
import { FakeApi } from '../../../runner/fake-api.ts';
import { awsServersTimeoutMs } from '../../../support/aws-servers.ts';
import { s3ServerTimeoutMs, startS3Server, type S3Server } from '../../../support/versitygw.ts';
import { SandboxedMachine } from '../../../support/sandboxed-machine.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const bundler = new URL('../../../../scripts/runner-bundle.ts', import.meta.url).href;

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

let folder: string;
let files: ReadonlyMap<string, string>;
let server: S3Server;
let objects: ObjectStorage & ObjectSigning;
let programs: { readonly runnerSha256: string; readonly nodeSha256: string };
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'artenic-boot-'));
  const runner = join(folder, 'runner.mjs');
  // Runs in a process of its own: inside jest, the bundler does not recognize arrays as arrays.
  const script = `import(${JSON.stringify(bundler)}).then(({ bundleRunner }) => bundleRunner(${JSON.stringify(runner)}))`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script]);
  programs = { runnerSha256: await hashOf(runner), nodeSha256: await hashOf(process.execPath) };
  files = new Map([
    [programs.runnerSha256, runner],
    [programs.nodeSha256, process.execPath],
  ]);
  server = await startS3Server();
  objects = createS3Storage({ ...server, prefix: 'boot/', region: 'us-east-1', pathStyle: true });
}, s3ServerTimeoutMs);
afterAll(() => server.stop());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Asked = { readonly program: string; readonly attempt: string | null; readonly bearer: string | undefined };

/** The API as a machine sees it: programs by their hash, and the runner's routes. */
class Api {
  readonly fake: FakeApi;
  readonly asked: Asked[] = [];
  /** Number of next program downloads that arrive truncated. */
  cut = 0;
  #server: Server | null = null;

  constructor(command: string) {
    this.fake = new FakeApi({
      job: jobSpecSchema.parse({ service: 'test', command }),
      checkpoints: [],
      stopAt: new Date(Date.now() + 3_600_000).toISOString(),
      secrets: {},
    });
  }

  async up(): Promise<string> {
    await this.fake.up();
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://machine');
      const program = /^\/api\/v1\/runner\/programs\/(\w+)$/.exec(url.pathname)?.[1];
      if (program === undefined) {
        void forward(request, response, this.fake.url);
        return;
      }
      this.asked.push({ program, attempt: url.searchParams.get('attempt'), bearer: request.headers.authorization });
      const file = files.get(program);
      if (file === undefined) response.writeHead(404).end();
      else if (this.cut > 0) {
        this.cut -= 1;
        createReadStream(file, { end: Math.floor(statSync(file).size / 2) }).pipe(response);
      } else createReadStream(file).pipe(response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async down(): Promise<void> {
    this.#server?.closeAllConnections();
    this.#server?.close();
    await this.fake.down();
  }
}

async function forward(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const answer = await fetch(`${url}${request.url}`, {
    method: 'POST',
    headers: { authorization: request.headers.authorization ?? '' },
    body: Buffer.concat(chunks),
  });
  response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
  response.end(Buffer.from(await answer.arrayBuffer()));
}

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function machineOf(command: string, changes: { readonly runnerSha256?: string } = {}) {
  const api = new Api(command);
  const apiUrl = await api.up();
  const jobId = `job-${randomUUID()}`;
  const bootstrap = { attemptId: `${jobId}/attempt-1`, apiUrl, bootstrapToken: api.fake.bootstrapToken };
  api.fake.objects = objects;
  api.fake.bootstrap = { jobId, attempt: 1, heartbeatIntervalMs: 200, shipIntervalMs: 100 };
  const userData = userDataOf({ bootstrap, programs: { ...programs, ...changes }, powerOffAfterSeconds: 7261 });
  const machine = new SandboxedMachine(userData);
  closers.push(
    () => machine.destroy(),
    () => api.down(),
  );
  const marker = async () =>
    completionMarkerSchema.parse(
      JSON.parse(Buffer.from(await objects.read(objectKeys.completion(jobId, 1), 100_000)).toString()),
    );
  return { api, machine, marker, bootstrap };
}

describe('user data', () => {
  const bootstrap = {
    attemptId: `it's/"odd"$(touch x)/attempt-1`,
    apiUrl: 'https://api.test/base/',
    bootstrapToken: 'a-token-of-at-least-thirty-two-characters',
  };
  const text = (attemptId = bootstrap.attemptId) =>
    userDataOf({
      bootstrap: { ...bootstrap, attemptId },
      programs: { runnerSha256: 'ab'.repeat(32), nodeSha256: null },
      powerOffAfterSeconds: 90.5,
    });

  test(
    'is clean by shellcheck, as POSIX sh',
    () => {
      const file = join(folder, 'user-data.sh');
      writeFileSync(file, text('job/attempt-1'));
      const shellcheck = join(pythonTool(root, 'shellcheck'), 'shellcheck');
      expect(execFileSync(shellcheck, ['--shell=sh', '--enable=all', '--exclude=SC2310,SC2250', file]).toString()).toBe(
        '',
      );
    },
    awsServersTimeoutMs,
  );

  test('fits EC2 four times over, is the same each time, and holds one token', () => {
    expect(Buffer.byteLength(text())).toBeLessThan(4096);
    expect(text()).toBe(text());
    expect(text()).not.toContain('@@');
    expect(text().split(bootstrap.bootstrapToken)).toHaveLength(3);
  });

  test('is refused when it is too long for EC2', () => {
    expect(() => text('x'.repeat(17_000))).toThrow('EC2 takes 16384');
  });
});

describe('a machine that boots', () => {
  test('fetches Node and the runner, does the job and switches itself off', async () => {
    const { api, machine, marker, bootstrap } = await machineOf(
      'echo trained > "$ARTENIC_OUTPUT_DIR/result"; echo done',
    );
    api.cut = 1;
    expect([await machine.run({ hasNode: false }), machine.read('console')]).toEqual([0, expect.any(String)]);
    expect(await marker()).toMatchObject({ reason: 'exited', exitCode: 0, outputs: [{ path: 'result' }] });
    expect(api.fake.text('logs/training')).toBe('done\n');
    expect(api.fake.violations).toEqual([]);
    // The first download was truncated, which its hash reveals.
    const bearer = `Bearer ${bootstrap.bootstrapToken}`;
    const attempt = bootstrap.attemptId;
    const { nodeSha256, runnerSha256 } = programs;
    expect(api.asked).toEqual([nodeSha256, nodeSha256, runnerSha256].map((program) => ({ program, attempt, bearer })));
    expect(machine.calls).toContain('shutdown -P +122');
    expect(machine.calls.at(-1)).toBe('poweroff ');
    expect(machine.calls.filter((call) => call.startsWith('poweroff'))).toHaveLength(1);
    expect(machine.read('cloud', 'scripts', 'per-boot', 'artenic')).toContain('poweroff');
    // The machine's disk contains no valid credentials any more.
    expect(machine.read('artenic', 'header')).toBe('');
    expect(machine.read('artenic', 'bootstrap.json')).not.toContain(bootstrap.bootstrapToken);
    expect(machine.read('console')).not.toContain(bootstrap.bootstrapToken);
    expect(machine.left()).toEqual([]);
  });

  test('uses the Node of its image', async () => {
    const { api, machine, marker } = await machineOf('exit 3');
    expect(await machine.run({ hasNode: true })).toBe(0);
    expect(api.asked.map(({ program }) => program)).toEqual([programs.runnerSha256]);
    expect(await marker()).toMatchObject({ reason: 'exited', exitCode: 3 });
    expect(machine.calls.at(-1)).toBe('poweroff ');
  });

  test('runs nothing whose hash is not what it was told, and switches itself off', async () => {
    const runnerSha256 = 'ab'.repeat(32);
    const { api, machine } = await machineOf('echo no', { runnerSha256 });
    const tampered = join(folder, 'tampered.mjs');
    writeFileSync(tampered, 'throw new Error("this must not run")');
    files = new Map([...files, [runnerSha256, tampered]]);
    expect(await machine.run({ hasNode: true })).toBe(1);
    expect(api.fake.calls).toEqual([]);
    expect(machine.read('console')).toContain('could not be fetched');
    expect(machine.read('console')).not.toContain('must not run');
    expect(machine.calls.filter((call) => call === 'sleep 30')).toHaveLength(60);
    expect(machine.calls.at(-1)).toBe('poweroff ');
  });

  test('delivers what a killed runner still had, and switches itself off', async () => {
    const command = 'echo before; sleep 0.5; kill -KILL "$PPID"; sleep 60';
    const { api, machine } = await machineOf(command);
    expect(await machine.run({ hasNode: true })).toBe(137);
    expect(api.fake.text('logs/training')).toContain('before');
    expect(machine.read('console')).toContain('the runner has ended with 137');
    expect(machine.calls.at(-1)).toBe('poweroff ');
    expect(machine.left()).toEqual([]);
  });
});
