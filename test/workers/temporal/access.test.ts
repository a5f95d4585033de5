import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { pino } from 'pino';
import { reach } from '../../../app/temporal/server.ts';
import { readConfig } from '../../../workers/config.ts';
import { explained, temporalServerOf } from '../../../workers/temporal/access.ts';
import { refuseTlsOfNobody } from '../../../workers/temporal/tls.ts';
import { watchSetup } from '../../../workers/temporal/setup-watch.ts';
import { prepareTemporal } from '../../../workers/temporal/setup.ts';
import { testTemporal } from '../../setup/temporal.ts';
import { makeAuthority } from '../../support/certificates.ts';
import { startTemporalFront, type TemporalFront } from '../../support/temporal-front.ts';

const folder = mkdtempSync(join(tmpdir(), 'artenic-tls-'));
const authority = makeAuthority('artenic tests');
const stranger = makeAuthority('somebody else');
const of = (name: string, retentionDays: number | null = null) => ({ namespace: name, retentionDays });
let front: TemporalFront;
let namespace: string;

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}
const client = authority.issue('artenic');
const strange = stranger.issue('artenic');
const files = {
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: file('ca.pem', authority.certificate),
  TEMPORAL_TLS_CLIENT_CERT_PATH: file('client.pem', client.certificate),
  TEMPORAL_TLS_CLIENT_KEY_PATH: file('client.key', client.key),
};
const least = {
  DATABASE_URL: 'postgresql://u:p@127.0.0.1:5432/db',
  ARTENIC_KEY_PEPPER: Buffer.alloc(32, 1).toString('base64'),
};

beforeAll(async () => {
  const temporal = await testTemporal();
  namespace = temporal.namespace;
  front = await startTemporalFront({
    target: temporal.address,
    own: authority.issue('temporal.test'),
    clientAuthority: authority.certificate,
  });
});
afterAll(async () => {
  await front.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  front.refused.clear();
});

function serverWith(environment: Readonly<Record<string, string | undefined>>) {
  return temporalServerOf(
    readConfig({
      ...{ ...least, ...files, TEMPORAL_ADDRESS: front.address, TEMPORAL_NAMESPACE: namespace },
      ...{ TEMPORAL_TLS_SERVER_NAME: 'temporal.test', ...environment },
    }),
  );
}

const open = (environment: Readonly<Record<string, string | undefined>>) => {
  const server = serverWith(environment);
  return explained(server, Connection.connect({ ...reach(server), connectTimeout: 1000 }));
};

test('a server behind mutual TLS is reached by client and worker', async () => {
  const server = serverWith({});
  const connection = await Connection.connect(reach(server));
  const native = await NativeConnection.connect(reach(server));
  const { namespaceInfo } = await native.workflowService.describeNamespace({ namespace });
  expect(namespaceInfo?.name).toBe(namespace);
  expect(await prepareTemporal(connection, of(namespace), 5000)).toEqual([]);
  await native.close();
  await connection.close();
}, 30_000);

test.each<readonly [string, Readonly<Record<string, string | undefined>>, RegExp]>([
  [
    'a server whose signer is not trusted',
    { TEMPORAL_TLS_SERVER_CA_CERT_PATH: file('other-ca.pem', stranger.certificate) },
    /self-signed certificate in certificate chain|unable to verify/,
  ],
  ['a server of another name', { TEMPORAL_TLS_SERVER_NAME: 'other.test' }, /does not match certificate's altnames/],
  [
    'no certificate of ours',
    { TEMPORAL_TLS_CLIENT_CERT_PATH: '', TEMPORAL_TLS_CLIENT_KEY_PATH: '' },
    /certificate required/,
  ],
  [
    'a certificate of ours that the server does not trust',
    {
      TEMPORAL_TLS_CLIENT_CERT_PATH: file('strange.pem', strange.certificate),
      TEMPORAL_TLS_CLIENT_KEY_PATH: file('strange.key', strange.key),
    },
    /: the server closed the connection without a reason|ECONNRESET/,
  ],
])(
  '%s: the reason is told',
  async (_, environment, reason) => {
    const failure = await open(environment).then(
      () => null,
      (error: unknown) => String(error),
    );
    expect(failure).toContain(`no TLS connection to Temporal at ${front.address}: `);
    expect(failure).toMatch(reason);
  },
  30_000,
);

test.each<readonly [Readonly<Record<string, string>>, RegExp]>([
  [{ TEMPORAL_TLS_CLIENT_CERT_PATH: '/c.pem' }, /TEMPORAL_TLS_CLIENT_KEY_PATH: is missing/],
  [{ TEMPORAL_TLS_CLIENT_KEY_PATH: '/c.key' }, /TEMPORAL_TLS_CLIENT_CERT_PATH: is missing/],
  [{ TEMPORAL_TLS: 'false', TEMPORAL_API_KEY_FILE: '/key' }, /TEMPORAL_API_KEY_FILE: needs TLS/],
  [{ TEMPORAL_TLS: 'false', TEMPORAL_TLS_SERVER_NAME: 'x' }, /TEMPORAL_TLS_SERVER_NAME: needs TLS/],
  [
    { TEMPORAL_API_KEY_FILE: join(folder, 'none') },
    /TEMPORAL_API_KEY_FILE names .*none, which cannot be read: .*ENOENT/,
  ],
  [{ TEMPORAL_API_KEY_FILE: file('two.txt', 'a b') }, /one key and nothing else/],
  [
    { ...files, TEMPORAL_TLS_CLIENT_KEY_PATH: file('other.key', strange.key) },
    /do not name PEM files that fit together/,
  ],
  [{ TEMPORAL_TLS_SERVER_CA_CERT_PATH: file('words.pem', 'words') }, /do not name PEM files that fit together/],
])('%j is refused', (environment, message) => {
  expect(() => temporalServerOf(readConfig({ ...least, ...environment }))).toThrow(message);
});

test('TLS is on when it is asked for or needed, and only then', () => {
  const of = (environment: Readonly<Record<string, string>>) =>
    temporalServerOf(readConfig({ ...least, ...environment }));
  expect(of({}).tls).toBeUndefined();
  expect(of({ TEMPORAL_TLS: 'true' }).tls).toEqual({});
  expect(of({ TEMPORAL_API_KEY_FILE: file('key.txt', 'abc\n') })).toMatchObject({ tls: {}, apiKey: 'abc' });
});

test('TLS without a server that could speak it is refused before anything starts', () => {
  expect(() => refuseTlsOfNobody({ TEMPORAL_TLS: 'true', TEMPORAL_API_KEY_FILE: '/key' })).toThrow(
    'TEMPORAL_TLS, TEMPORAL_API_KEY_FILE: set TEMPORAL_ADDRESS as well, or remove it',
  );
  refuseTlsOfNobody({ TEMPORAL_TLS: 'false', TEMPORAL_TLS_SERVER_NAME: '' });
  refuseTlsOfNobody({ TEMPORAL_TLS: 'true', TEMPORAL_ADDRESS: 'temporal.test:7233' });
});

test('a login that may not change the namespace goes on with what it finds, and tells what is wrong', async () => {
  const connection = await open({});
  front.refused.add('UpdateNamespace').add('AddSearchAttributes');
  expect(await prepareTemporal(connection, of(namespace), 5000)).toEqual([]);
  expect(await prepareTemporal(connection, of(namespace, 77), 5000)).toEqual([
    {
      kind: 'retention',
      message: expect.stringMatching(
        /refuses to set the retention of namespace test-\d+ to 77 days. It is \d+ hours.$/,
      ),
    },
  ]);
  // a server without calls for operators tells the names with the namespace
  front.refused.add('ListSearchAttributes');
  expect(await prepareTemporal(connection, of(namespace), 5000)).toEqual([]);
  front.refused.add('DescribeNamespace');
  expect(await prepareTemporal(connection, of(namespace, 77), 5000)).toEqual([
    { kind: 'retention', message: expect.stringContaining('It is unknown.') },
    {
      kind: 'search-attributes',
      message: expect.stringMatching(/does not show which search attributes .* JobId \(Keyword\).* Attempt \(Int\)\.$/),
    },
  ]);
  await connection.close();
});

test('what keeps a worker from working is remembered until it is mended', async () => {
  const connection = await open({});
  const watch = watchSetup(of('not-yet-made'), pino({ level: 'silent' }));
  front.refused.add('RegisterNamespace');
  await expect(watch.prepare(() => Promise.resolve(connection), 5000)).rejects.toThrow('has no namespace not-yet-made');
  expect(watch.problems()).toMatchObject([{ kind: 'blocked', message: expect.stringContaining('make it there') }]);
  await expect(watch.prepare(() => Promise.reject(new Error('no route')), 5000)).rejects.toThrow('no route');
  expect(watch.problems()).toEqual([{ kind: 'blocked', message: 'no route' }]);
  front.refused.clear();
  await watch.prepare(() => Promise.resolve(connection), 20_000);
  expect(watch.problems()).toEqual([]);
  await connection.close();
}, 30_000);

test('what a login may not make and workflows need is named', async () => {
  const connection = await open({});
  front.refused.add('RegisterNamespace');
  await expect(prepareTemporal(connection, of('never-made'), 5000)).rejects.toThrow(
    'Temporal has no namespace never-made and refuses to make it for this login: make it there',
  );
  front.refused.add('UpdateNamespace');
  await expect(prepareTemporal(connection, of('never-made'), 5000)).rejects.toThrow(
    'Temporal has no namespace never-made',
  );
  await connection.close();
});

test('missing search attributes that may not be added are named with their types', async () => {
  const connection = await open({});
  const bare = `bare-${Date.now()}`;
  await connection.workflowService
    .registerNamespace({
      namespace: bare,
      workflowExecutionRetentionPeriod: null,
    })
    .catch(() => undefined);
  front.refused.add('AddSearchAttributes');
  await expect(prepareTemporal(connection, of(bare), 20_000)).rejects.toThrow(
    `Temporal refuses to add search attributes for this login: add to namespace ${bare} Kind (Keyword), JobId (Keyword)`,
  );
  await connection.close();
}, 30_000);
