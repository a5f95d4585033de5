import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { objectKeys } from '@artenic/core';
import { pino } from 'pino';
import { createFilesystemStorage } from '../../activities/storage/filesystem.ts';
import { createApp } from '../../api/app.ts';
import { defaultLimits, type ApiDeps } from '../../api/deps.ts';
import { makeKey, parseKey } from '../../api/keys.ts';
import { createLive, type Live } from '../../api/live.ts';
import { startServer } from '../../api/server.ts';
import { createTemporalGateway } from '../../api/temporal-gateway.ts';
import { ArtenicError } from '../../core/errors.ts';
import { attemptIdOf } from '../../core/ids.ts';
import { createPredictor } from '../../serving/predictor.ts';
import { listenForEvents } from '../../store/listen.ts';
import { bootstrapTokenOf, tokenHashOf } from '../../store/tokens.ts';
import type { Store } from '../../store/types.ts';
import { newId, offer, openTestStore } from '../store/support.ts';
import { testTemporal } from '../setup/temporal.ts';

const pepper = new TextEncoder().encode('a pepper of thirty-two bytes, hm');
const secrets: Readonly<Record<string, string>> = { HUGGING_TOKEN: 'hf_0123456789' };

type Operation = { readonly responses: Readonly<Record<string, { readonly content?: Record<string, object> }>> };
const document = JSON.parse(readFileSync(new URL('../../api/openapi.json', import.meta.url), 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, 'openapi');

/** Throws when the answer is none that the committed document allows. */
function checkAgainstDocument(method: string, pathname: string, status: number, type: string, body: unknown): void {
  const path = Object.keys(document.paths)
    .toSorted((one, other) => one.split('{').length - other.split('{').length)
    .find((one) => new RegExp(`^${one.replaceAll('{path}', '.+').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname));
  const operation = path === undefined ? undefined : document.paths[path]?.[method.toLowerCase()];
  if (path === undefined || operation === undefined) return;
  const answer = operation.responses[String(status)];
  if (answer === undefined) throw new Error(`${method} ${path} answered ${status}, which is not in the document`);
  if (body === undefined || answer.content === undefined) return;
  const pointer = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', type, 'schema']
    .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  if (answer.content[type] === undefined) throw new Error(`${method} ${path} answered ${status} as ${type}`);
  const validate = ajv.getSchema(`openapi#/${pointer}`);
  if (validate === undefined) throw new Error(`no schema at ${pointer}`);
  if (validate(body) !== true)
    throw new Error(`${method} ${path} ${status}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(body)}`);
}

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body, when it is JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- each test says what it expects of it
  readonly body: any;
};

export type CallOptions = {
  readonly key?: string | null;
  readonly json?: unknown;
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

async function readAnswer(method: string, url: URL, response: Response): Promise<Answer> {
  const text = await response.text();
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const body: unknown = type.endsWith('json') && text !== '' ? JSON.parse(text) : undefined;
  checkAgainstDocument(method, url.pathname, response.status, type, body);
  return { status: response.status, headers: response.headers, text, body };
}

/** One API on a port of its own over a real database and the run's Temporal server. */
export async function startApi(options: { readonly deps?: Partial<ApiDeps>; readonly live?: boolean } = {}) {
  const { store, orm, url: databaseUrl, close: closeStore } = await openTestStore();
  const folder = mkdtempSync(join(tmpdir(), 'artenic-api-'));
  const storage = createFilesystemStorage({ root: join(folder, 'objects') });
  const { address, namespace } = await testTemporal();
  const temporal = createTemporalGateway({ address, namespace });
  const predictor = createPredictor({
    fetchModel: (sha256) => Promise.resolve(join(folder, 'objects', objectKeys.model(sha256))),
    ...{ maxHosts: 1, deadlineMs: 10_000, memoryBytes: 4 * 1024 ** 3 },
  });
  const wakes = new Set<() => void>();
  const listener =
    options.live === true ? await listenForEvents(databaseUrl, () => wakes.forEach((wake) => wake())) : null;
  const deps: ApiDeps = {
    ...{ store, temporal, storage, predictor, keyPepper: pepper, now: () => new Date(), newId },
    secrets: (names) => {
      const missing = names.find((name) => secrets[name] === undefined);
      return missing === undefined
        ? Promise.resolve(Object.fromEntries(names.map((name) => [name, secrets[name] ?? ''])))
        : Promise.reject(new ArtenicError('not-found', `There is no secret ${missing}.`));
    },
    logger: pino({ level: 'silent' }),
    allowedHosts: ['artenic.example'],
    allowedOrigins: ['https://ui.example'],
    limits: defaultLimits,
    version: '0.1.0',
    onEvents: (wake) => {
      wakes.add(wake);
      return () => wakes.delete(wake);
    },
    ...options.deps,
  };
  const key = await addKey(store, 'admin', 'default');
  await store.providers.upsert({
    ...{ name: 'local', usable: true, message: '', checkedAt: new Date() },
    capabilities: { spot: false, preemptionNotice: false, idempotencyToken: true, regions: false },
    capacity: { vcpu: 4, memoryGib: 8, gpus: 0, gpuType: null },
  });
  const running = await startServer(createApp(deps), { host: '127.0.0.1', port: 0 });
  let live: Live | null = options.live === true ? createLive(deps, running.server) : null;
  const origin = `http://127.0.0.1:${running.port}`;

  async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { key: given = key, json, type } = options;
    const body = json === undefined ? options.body : JSON.stringify(json);
    const headers = new Headers(options.headers);
    if (given !== null) headers.set('authorization', `Bearer ${given}`);
    if (body !== undefined) headers.set('content-type', type ?? 'application/json');
    const url = new URL(path, origin);
    const init = { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body, duplex: 'half' }) };
    return readAnswer(method, url, await fetch(url, init as RequestInit));
  }

  return {
    ...{
      store,
      orm,
      databaseUrl,
      storage,
      temporal,
      namespace,
      deps,
      key,
      origin,
      port: running.port,
      server: running.server,
    },
    call,
    closeServer: (graceMs: number) => running.close(graceMs),
    closeLive: async () => {
      await live?.close();
      live = null;
    },
    close: async () => {
      await live?.close();
      await running.close(0);
      await predictor.close();
      await listener?.close();
      await temporal.close();
      await closeStore();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
export type Api = Awaited<ReturnType<typeof startApi>>;

export async function addKey(store: Store, name: string, projectId: string): Promise<string> {
  const key = makeKey();
  const id = parseKey(key)?.id ?? '';
  const secretHash = tokenHashOf(pepper, key);
  await store.apiKeys.upsert({ id, name, secretHash, role: 'admin', projectId, createdAt: new Date() });
  return key;
}

export const sha256Of = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** A job whose attempt has its instance, and the runner's half of the conversation. */
export async function startRunner(api: Api, spec: object = {}) {
  const { body: job } = await api.call('POST', '/api/v1/jobs', {
    json: { service: 'iris', command: 'true', ...spec },
  });
  return runnerOf(api, String(job.id), 1);
}

export async function runnerOf(api: Api, jobId: string, attempt: number) {
  const { store } = api;
  const attemptId = attemptIdOf(jobId, attempt);
  await store.jobs.moveFence(jobId, attempt);
  await store.attempts.open({ id: attemptId, jobId, attempt, offer, reason: 'first', createdAt: new Date() });
  await store.jobs.transition(jobId, 'preparing');
  await store.jobs.transition(jobId, 'provisioning');
  const token = randomBytes(32).toString('base64url');
  const hello = (overrides: object = {}) =>
    api.call('POST', '/api/v1/runner/hello', {
      key: null,
      json: {
        ...{ attemptId, bootstrapToken: bootstrapTokenOf(pepper, attemptId), attemptToken: token },
        host: { hostname: 'here', platform: 'linux', cores: 2, pid: 1 },
        ...overrides,
      },
    });
  const post = (path: string, body: unknown) =>
    api.call('POST', `/api/v1/runner/${path}`, {
      key: token,
      ...(body instanceof Uint8Array || typeof body === 'string'
        ? { body, type: 'application/octet-stream' }
        : { json: body }),
    });
  const send = (stream: 'setup' | 'training', offset: number, bytes: string | Uint8Array) =>
    post(`logs?stream=${stream}&offset=${offset}`, bytes);
  return { jobId, attemptId, attempt, token, hello, post, send };
}
