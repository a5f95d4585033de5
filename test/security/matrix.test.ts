import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeKey, parseKey } from '../../app/access/keys.ts';
import { createMetrics } from '../../api/metrics/metrics.ts';
import type { Permission, Route } from '../../api/http/route.ts';
import { createRoutes } from '../../api/routes/index.ts';
import { bootstrapTokenOf } from '../../store/access/tokens.ts';
import { addKey, ApiWorld, keyPepper } from '../api/harness.ts';

type Headers = Readonly<Record<string, string>>;
const routes = createRoutes({ version: '0' }, createMetrics());
const agent = new Agent({ keepAlive: true, maxSockets: 4 });
let world: ApiWorld;
/** Headers of each kind of caller. */
let callers: Readonly<Record<Caller, Headers>>;
/** An existing job and model, so that callers with access do not get 404. */
let samples: Readonly<Record<string, string>>;
let stranger: Headers;

const kinds = [
  'nobody',
  'garbage',
  'an unknown key',
  'a known key id with another secret',
  'a revoked key',
  'a key as Basic',
  'a key with an origin of another site',
  'a key with a host of another name',
  'an attempt token',
  'an attempt token of an earlier attempt',
  'a bootstrap token',
  'a cookie from another site',
  'a cookie from another port of this host',
  'a cookie from a sandboxed page',
  'a cookie without an origin',
  'an unknown cookie',
] as const;
type Caller = (typeof kinds)[number];

/** Expected refusal of each caller; null when the caller may be let in. */
type Refusals = Readonly<Record<Caller, number | null>>;
const foreignSites = {
  'a key with an origin of another site': 403,
  'a key with a host of another name': 403,
  'a cookie from another site': 403,
  'a cookie from another port of this host': 403,
  'a cookie from a sandboxed page': 403,
} as const;
const unknown = Object.fromEntries(kinds.map((kind) => [kind, 401])) as Record<Caller, 401>;
const refusals: Readonly<Record<Permission, Refusals>> = {
  open: { ...(Object.fromEntries(kinds.map((kind) => [kind, null])) as Record<Caller, null>), ...foreignSites },
  // A browser sends no Origin header when it reads a page of the dashboard, but sends one with every write.
  read: { ...unknown, ...foreignSites, 'a cookie without an origin': null },
  write: { ...unknown, ...foreignSites, 'a cookie without an origin': 403 },
  webhook: { ...unknown, ...foreignSites, 'a cookie without an origin': 403 },
  runner: {
    ...{ ...unknown, ...foreignSites },
    'an attempt token': null,
    'an attempt token of an earlier attempt': 409,
  },
};

/** Resources that another project's key may reach by their address, with the reason. */
const shared: ReadonlySet<string> = new Set([
  // Addressed by the content's hash, which only a holder of the content knows.
  '/api/v1/objects/{kind}/{sha256}',
]);

function otherSecret(key: string): string {
  const body = `aa_live_${parseKey(key)?.id ?? ''}_${randomBytes(32).toString('base64url')}`;
  return `${body}_${crc32(body).toString(16).padStart(8, '0')}`;
}

beforeAll(async () => {
  world = await ApiWorld.start();
  const runner = await world.startRunner();
  const current = await world.startAttempt(runner.jobId, 2);
  await world.store.models.register({
    ...{ model: 'iris', projectId: 'default', format: 'onnx', sha256: 'a'.repeat(64), bytes: 1 },
    ...{
      signature: { inputs: [], outputs: [], labels: null },
      metrics: {},
      jobId: null,
      createdBy: 'x',
      createdAt: new Date(),
    },
  });
  const owner = { projectId: 'default', ownerId: parseKey(world.key)?.id ?? '' };
  const input = { page: 'jobs', name: 'Failed', query: '', columns: [] };
  const view = await world.store.views.insert({ ...owner, ...input, id: randomUUID(), at: new Date() });
  const content = Buffer.from('content');
  const sha256 = createHash('sha256').update(content).digest('hex');
  await world.call('PUT', `/api/v1/objects/data/${sha256}`, {
    body: content,
    headers: { 'content-type': 'application/octet-stream' },
  });
  const put = [{ path: 'model.onnx', sha256, bytes: content.length }];
  await world.call('POST', '/api/v1/datasets', { body: { name: 'reviews' } });
  await world.call('POST', '/api/v1/datasets/reviews/versions', { body: { put } });
  await world.call('POST', '/api/v1/features', { body: { name: 'tenure' } });
  await world.call('PUT', '/api/v1/datasets/reviews/tags/golden', { body: { version: 1 } });
  const upload = randomUUID();
  await world.store.uploads.insert({
    ...{ id: upload, projectId: 'default', path: null, metadata: '{}', bytes: 10, sha256: null },
    ...{ createdBy: 'x', createdAt: new Date() },
  });
  const { id: datasetId } = await world.store.datasets.get('default', 'reviews');
  const draft = randomUUID();
  await world.store.datasets.openDraft({ datasetId, draft, expectedHead: null, createdBy: 'x', at: new Date() });
  samples = {
    ...{ dataset: 'reviews', tag: 'golden', upload, draft },
    ...{ run: runner.jobId, feature: 'tenure', nodeKind: 'dataset', node: 'reviews' },
    ...{ id: runner.jobId, attempt: '1', name: 'iris', model: 'iris', service: 'iris', version: '1' },
    ...{ kind: 'data', sha256: 'a'.repeat(64), path: 'model.onnx', view: view.id },
  };
  const revoked = await addKey(world.store, 'former');
  await world.store.apiKeys.revoke(parseKey(revoked)?.id ?? '', new Date());
  const signedIn = await world.call('POST', '/api/v1/session/sign-in', { bearer: null, body: { apiKey: world.key } });
  const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
  callers = {
    nobody: {},
    garbage: bearer('nonsense'),
    'an unknown key': bearer(makeKey()),
    'a known key id with another secret': bearer(otherSecret(world.key)),
    'a revoked key': bearer(revoked),
    'a key as Basic': { authorization: `Basic ${Buffer.from(`x:${world.key}`).toString('base64')}` },
    'a key with an origin of another site': { ...bearer(world.key), origin: 'https://evil.example' },
    'a key with a host of another name': { ...bearer(world.key), host: 'evil.example' },
    'an attempt token': bearer(current.token),
    'an attempt token of an earlier attempt': bearer(runner.token),
    'a bootstrap token': bearer(bootstrapTokenOf(keyPepper, current.attemptId)),
    'a cookie from another site': { cookie, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    'a cookie from another port of this host': { cookie, origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' },
    'a cookie from a sandboxed page': { cookie, origin: 'null' },
    'a cookie without an origin': { cookie },
    'an unknown cookie': {
      ...{ cookie: cookie.replace(/=.*/, `=${randomBytes(32).toString('base64url')}`), origin: world.url },
    },
  };
  stranger = bearer(await addKey(world.store, 'stranger', 'other'));
});
afterAll(async () => {
  agent.destroy();
  await world.close();
});

function statusOf({ method, path, bodyTypes }: Route, headers: Headers): Promise<number> {
  const address = path.replaceAll(/\{(\w+)\}/g, (_found, name: string) => {
    const sample = samples[name];
    if (sample === undefined) throw new Error(`no sample for {${name}} of ${path}: add one that is there`);
    return sample;
  });
  return new Promise((done, fail) => {
    const sent = request(
      {
        ...{ host: '127.0.0.1', port: world.port, method: method.toUpperCase(), path: address, agent },
        headers: { ...(bodyTypes[0] === undefined ? {} : { 'content-type': bodyTypes[0] }), ...headers },
      },
      (response) => {
        response.resume();
        response.once('end', () => done(response.statusCode ?? 0));
      },
    );
    sent.once('error', fail).end();
  });
}

describe('every operation × every kind of caller', () => {
  test.each(routes.map((route) => [route.method.toUpperCase(), route.path, route] as const))(
    '%s %s',
    async (_method, _path, route) => {
      const expected: [Caller, number | null][] = [];
      const found: [Caller, number | null][] = [];
      for (const kind of kinds) {
        const wanted = refusals[route.permission][kind];
        const status = await statusOf(route, callers[kind]);
        expected.push([kind, wanted]);
        // An authorized request may still be invalid, but it must not be answered with 401.
        found.push([kind, wanted === null && (status !== 401 || route.permission === 'open') ? null : status]);
      }
      expect(found).toEqual(expected);
    },
  );
});

describe('a key of another project', () => {
  const own = routes.filter(
    ({ permission, path }) =>
      permission !== 'open' && permission !== 'runner' && path.includes('{') && !shared.has(path),
  );
  const isRead = ({ method }: Route) => method === 'get' || method === 'head';

  test.each(own.filter(isRead).map((route) => [route.path, route] as const))(
    'finds nothing at %s',
    async (_path, route) => {
      expect(await statusOf(route, stranger)).toBe(404);
    },
  );

  test.each(own.filter((route) => !isRead(route)).map((route) => [route.path, route] as const))(
    'does nothing at %s',
    async (_path, route) => {
      const before = await world.store.jobs.get(samples['id'] ?? '');
      const status = await statusOf(route, { ...stranger, 'idempotency-key': randomUUID() });
      expect([400, 404, 415, 422]).toContain(status);
      expect(await world.store.jobs.get(samples['id'] ?? '')).toEqual(before);
      expect((await world.store.models.getVersion('default', 'iris', 1)).stage).toBe('draft');
    },
  );

  test('is refused for the project alone: our own key is not told that these are not there', async () => {
    const bearer = { authorization: `Bearer ${world.key}` };
    const missing: string[] = [];
    for (const route of own.filter(isRead)) if ((await statusOf(route, bearer)) === 404) missing.push(route.path);
    // Files that no attempt has left.
    expect(missing).toEqual([
      '/api/v1/jobs/{id}/outputs/{attempt}/{path}',
      '/api/v1/models/{name}/versions/{version}/artifact',
    ]);
  });
});
