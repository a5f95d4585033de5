import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { ArtenicApiError, ArtenicUnreachableError } from '@artenic/client';
import { explain } from '../../cli/explain.ts';

const folder = mkdtempSync(join(tmpdir(), 'artenic-explain-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'file'), '');
mkdirSync(join(folder, 'full'));
writeFileSync(join(folder, 'full', 'x'), '');

function errorOf(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing failed');
}

test.each<[string, () => unknown, RegExp]>([
  ['a file that is not there', () => readFileSync(join(folder, 'none')), /none: no such file or directory$/],
  ['a folder in place of a file', () => readFileSync(folder), /illegal operation on a directory$/],
  ['a file in place of a folder', () => readdirSync(join(folder, 'file')), /not a directory$/],
  ['a folder that is not empty', () => rmSync(join(folder, 'full')), /is a directory|not permitted/],
  ['a name that is too long', () => readFileSync(join(folder, 'x'.repeat(300))), /name too long$/],
])('%s is told in one line, without a stack', (_, work, message) => {
  const { lines } = explain(errorOf(work), false);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(message);
  expect(lines[0]).not.toMatch(/\n| at /);
});

test.each(['ENOSPC', 'EACCES', 'EMFILE', 'EIO', 'ENOTSUP'])('%s has no stack, whatever it is about', (code) => {
  const error = Object.assign(new Error(`${code}: oh`), { code, errno: -28, syscall: 'write' });
  for (const one of [error, Object.assign(error, { path: '/a/b' })])
    expect(explain(one, false).lines.join('')).not.toMatch(/\n| at /);
});

test('an upload whose file cannot be read is about the file, and not about the API', () => {
  const cause = new TypeError('fetch failed', { cause: errorOf(() => readFileSync(join(folder, 'none'))) });
  expect(explain(new ArtenicUnreachableError('The API cannot be reached.', { cause }), false)).toEqual({
    exitCode: 2,
    lines: [expect.stringMatching(/none: no such file/)],
  });
});

test('a fault of the command shows its stack to those who ask for it', () => {
  const error = new TypeError('undefined is not a function');
  expect(explain(error, false)).toEqual({ exitCode: 1, lines: [expect.stringContaining('ARTENIC_DEBUG=1')] });
  expect(explain(error, true).lines.join('\n')).toContain('explain.test.ts');
});

test('an id that fits several jobs lists them', () => {
  const candidate = { id: '01900000-0000-7000-8000-00000000abcd', name: 'seed=9', service: 'churn', state: 'failed' };
  const candidates = [{ ...candidate, state: 'failed' as const, createdAt: '2026-03-01T01:00:00.000Z' }];
  const problem = { type: 'urn:artenic:error:ambiguous-id', title: 'The id fits several jobs', status: 409 };
  expect(
    explain(new ArtenicApiError({ ...problem, detail: 'Give more of it.', correlationId: 'c', candidates }), false),
  ).toEqual({
    exitCode: 4,
    lines: [
      'The id fits several jobs: Give more of it.',
      '  01900000-0000-7000-8000-00000000abcd  seed=9, failed, submitted 2026-03-01T01:00:00.000Z',
    ],
  });
});
