import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readConfig } from '../../workers/config.ts';
import { openStorage } from '../../workers/compose/storage.ts';
import { storageOptionsOf } from '../../workers/compose/storage-url.ts';

test('a bucket with all that can be said of it', () => {
  const endpoint = 'http://s3.internal:7070';
  const text = `s3://my-bucket/some/prefix/?region=eu-north-1&endpoint=${endpoint}&public-endpoint=https://s3.example&path-style=true`;
  expect(storageOptionsOf(text)).toEqual({
    ...{ kind: 's3', bucket: 'my-bucket', prefix: 'some/prefix/', region: 'eu-north-1', pathStyle: true, endpoint },
    publicEndpoint: 'https://s3.example',
  });
  expect(storageOptionsOf('s3://my-bucket')).toEqual({
    ...{ kind: 's3', bucket: 'my-bucket', prefix: '', region: 'us-east-1', pathStyle: false },
  });
  expect(storageOptionsOf('gs://my_bucket/a/b?credentials=/run/secrets/gcs.json')).toEqual({
    ...{ kind: 'gcs', bucket: 'my_bucket', prefix: 'a/b/', credentialsFile: '/run/secrets/gcs.json' },
  });
  expect(storageOptionsOf('az://account1/jobs/a/b?endpoint=http://127.0.0.1:1/account1')).toEqual({
    ...{ kind: 'azure', account: 'account1', container: 'jobs', prefix: 'a/b/' },
    endpoint: 'http://127.0.0.1:1/account1',
  });
  expect(storageOptionsOf('az://account1/jobs')).toMatchObject({ container: 'jobs', prefix: '' });
  expect(storageOptionsOf('file:///srv/objects')).toEqual({ kind: 'filesystem', root: '/srv/objects' });
});

test.each([
  ['https://bucket', /starts with s3/],
  ['my-bucket', /starts with s3/],
  ['s3://key:secret@bucket', /no credentials here/],
  ['s3://B', /not a bucket name/],
  ['s3://bucket?regoin=x', /"regoin" is not one of/],
  ['s3://bucket?endpoint=ftp://x', /endpoint is not an http/],
  ['s3://bucket?path-style=yes', /true or false/],
  ['gs://my-bucket?region=x', /"region" is not one of endpoint/],
  ['az://a', /not the name of a storage account/],
  ['az://account1', /not the name of a container/],
  ['az://account1/A', /not the name of a container/],
  ['file:///', /a folder/],
])('%s is refused', (text, problem) => {
  expect(() => storageOptionsOf(text)).toThrow(problem);
});

const least = {
  DATABASE_URL: 'postgresql://u:p@127.0.0.1:5432/db',
  ARTENIC_KEY_PEPPER: Buffer.alloc(32, 1).toString('base64'),
  ARTENIC_HOME: '/srv/artenic',
};

test('runners on this machine use the folder, unless told otherwise or there is none', () => {
  const open = (more: Record<string, string>) => openStorage(readConfig({ ...least, ...more }));
  expect(open({})).toMatchObject({
    kind: 'filesystem',
    sharedRoot: '/srv/artenic/objects',
    ownUrls: expect.anything(),
  });
  expect(open({ ARTENIC_STORAGE_URL: 'file:///mnt/a' })).toMatchObject({ sharedRoot: '/mnt/a' });
  expect(open({ ARTENIC_RUNNER_STORAGE: 'signed' })).toMatchObject({ sharedRoot: null, ownUrls: expect.anything() });
  expect(open({ ARTENIC_STORAGE_URL: 's3://bucket' })).toMatchObject({ kind: 's3', sharedRoot: null, ownUrls: null });
  expect(() => open({ ARTENIC_STORAGE_URL: 's3://B' })).toThrow(/ARTENIC_STORAGE_URL: "B" is not a bucket name/);
});

test('credentials come from a file, and its faults are named without a value', () => {
  const folder = mkdtempSync(join(tmpdir(), 'artenic-credentials-'));
  const file = join(folder, 'azure.json');
  const url = `az://account1/jobs?credentials=${file}`;
  const open = (ARTENIC_STORAGE_URL: string, more = {}) =>
    openStorage(readConfig({ ...least, ARTENIC_STORAGE_URL, ...more }));
  try {
    expect(() => open(url)).toThrow(/azure.json with a storage's credentials cannot be read/);
    writeFileSync(file, JSON.stringify({ key: 'planted-secret' }));
    expect(() => open(url)).toThrow(`The file ${file} has no valid credentials: accountKey.`);
    writeFileSync(file, 'planted-secret');
    expect(() => open(url)).toThrow(/no valid credentials/);
    writeFileSync(file, JSON.stringify({ accountKey: Buffer.alloc(64).toString('base64') }));
    // uploads of a known content go to the API
    expect(open(url)).toMatchObject({
      kind: 'azure',
      sharedRoot: null,
      ownUrls: expect.anything(),
      signing: { parts: null },
    });
    expect(() => open('az://account1/jobs')).toThrow(/AZURE_STORAGE_KEY/);
    expect(open('az://account1/jobs', { AZURE_STORAGE_KEY: 'a2V5' })).toMatchObject({ sharedRoot: null });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
