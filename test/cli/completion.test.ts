import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { jobView, startFakeApi, type FakeApi } from '../sdk/client/fake-api.ts';
import { artenic, folderWith } from './artenic.ts';

const bin = fileURLToPath(new URL('../../cli/bin.mjs', import.meta.url));
const id = '01900000-0000-7000-8000-000000000001';
let api: FakeApi;
beforeAll(async () => {
  api = await startFakeApi(({ path }) => {
    const isJobs = path.startsWith('/api/v1/jobs');
    const model = { name: 'penguins', createdAt: '2026-01-01T00:00:00Z', latestVersion: 1, productionVersion: null };
    return { body: { items: [isJobs ? { ...jobView('running'), id } : model], nextCursor: null } };
  });
});
afterAll(() => api.close());

const complete = async (...words: string[]) => {
  const env = { ARTENIC_URL: api.url, ARTENIC_API_KEY: 'key' };
  const { exitCode, stdout, stderr } = await artenic(['__complete', '--', ...words], { env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout.split('\n').filter((line) => line !== '');
};

test.each([
  [['mo'], ['model']],
  [
    ['model', 're'],
    ['retire', 'register'],
  ],
  [['jobs', 'list', '--st'], ['--state']],
  [['training', 'list', '--state', 'su'], ['succeeded']],
  [
    ['--url', 'http://x', 'training', 'logs', '--stream', ''],
    ['training', 'setup'],
  ],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['predict', ''], ['penguins']],
  [['model', 'get', 'p'], ['penguins']],
  [['model', 'get', 'penguins', ''], []],
  [['training', 'status', '0'], [id]],
  [['jobs', 'compare', '01900000-0000-7000-8000-000000000002', ''], [id]],
  [['jobs', 'list', '--sort', '-c'], ['-costUsdMicros']],
  [['nonsense', ''], []],
])('after %j comes %j', async (words, expected) => {
  const found = await complete(...words);
  if (expected.length === 0) expect(found).not.toContain('penguins');
  else expect(found).toEqual(expect.arrayContaining(expected));
  expect(found.every((one) => one.startsWith(words.at(-1) ?? ''))).toBe(true);
});

test('an API that is not there offers nothing and says nothing', async () => {
  const env = { ARTENIC_URL: 'http://127.0.0.1:9', ARTENIC_API_KEY: 'key' };
  expect(await artenic(['__complete', '--', 'predict', ''], { env })).toEqual({ exitCode: 0, stdout: '', stderr: '' });
});

test('bash completes with the script that is printed', async () => {
  const { stdout: script } = await artenic(['completion', 'bash']);
  const folder = folderWith({ artenic: `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`, script });
  try {
    chmodSync(`${folder.path}/artenic`, 0o755);
    const { stdout } = await promisify(execFile)(
      'bash',
      [
        '-c',
        `source "${folder.path}/script"; COMP_WORDS=(artenic training lo); COMP_CWORD=2; _artenic; echo "\${COMPREPLY[@]}"`,
      ],
      { env: { PATH: `${folder.path}${delimiter}${process.env['PATH'] ?? ''}`, HOME: folder.path } },
    );
    expect(stdout).toBe('logs\n');
  } finally {
    folder.remove();
  }
});
