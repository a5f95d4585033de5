import { describe, expect, test } from '@jest/globals';
import { editsOf } from '../../../core/datasets/changes.ts';
import { checkPath, clashOf, keyOf } from '../../../core/datasets/paths.ts';
import { datasetStatuses, mayBecome } from '../../../core/datasets/status.ts';

describe('paths', () => {
  test.each([
    ['train/a.csv', 'train/a.csv'],
    ['e\u0301.csv', '\u00e9.csv'],
    ['日本/データ.parquet', '日本/データ.parquet'],
    ['a b/(1)~#%?.txt', 'a b/(1)~#%?.txt'],
    ['...', '...'],
    [`${'a'.repeat(250)}/`.repeat(4) + 'b'.repeat(20), `${'a'.repeat(250)}/`.repeat(4) + 'b'.repeat(20)],
  ])('%j is kept as %j', (path, kept) => {
    expect(checkPath(path)).toEqual({ path: kept, problem: null });
  });

  test.each([
    ['', 'empty'],
    ['/etc/passwd', 'absolute'],
    ['a//b', 'empty folder'],
    ['a/', 'empty folder'],
    ['../b', '".."'],
    ['a/../b', '".."'],
    ['a/./b', '"."'],
    ['a\\b', 'backslash'],
    ['a\0b', 'control'],
    ['a\nb', 'control'],
    ['a\u0085b', 'control'],
    ['a\u2028b', 'control'],
    ['a\u{10ffff}', 'unassigned'],
    ['\ud800', 'well-formed'],
    ['é'.repeat(128), '255 bytes'],
    [`${'a'.repeat(250)}/`.repeat(4) + 'b'.repeat(21), '1024 bytes'],
  ])('%j is refused', (path, reason) => {
    expect(checkPath(path).problem).toContain(reason);
  });

  test.each([
    ['a/B.csv', 'a/b.csv', 'differ only by case'],
    ['A/x', 'a/y', 'differ only by case'],
    ['stra\u00dfe', 'STRASSE', 'differ only by case'],
    ['\u212a', 'k', 'differ only by case'],
    ['a', 'a/b', 'a file and a folder'],
    ['a/b', 'a/c', null],
    ['a', 'b', null],
  ])('%j and %j: %j', (one, other, reason) => {
    for (const found of [clashOf(one, other), clashOf(other, one)])
      if (reason === null) expect(found).toBeNull();
      else expect(found).toContain(reason);
  });

  test("a folder's files follow its name directly", () => {
    const paths = ['a', 'a!', 'a/b', 'a/b/c', 'a.txt', 'A/Z'];
    expect(paths.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))).toEqual([
      'a',
      'a/b',
      'a/b/c',
      'A/Z',
      'a!',
      'a.txt',
    ]);
  });
});

test('all refused paths of a change are named, at most twenty', () => {
  const sha256 = '0'.repeat(64);
  const put = [{ path: 'a/../b', sha256, bytes: 1 }, ...['A', 'a'].map((path) => ({ path, sha256, bytes: 1 }))];
  expect(() => editsOf({ put, remove: ['/x'] })).toThrow(
    expect.objectContaining({
      type: 'validation-failed',
      details: {
        errors: [
          { pointer: '/remove/0', message: '"/x" is absolute: give it relative to the dataset' },
          { pointer: '/put/0/path', message: '"a/../b" has "." or ".." as a name' },
          { pointer: '/put/2/path', message: '"a" and "A" differ only by case or normal form' },
        ],
      },
    }),
  );
});

test('a dataset is archived and made active again, and is never created twice', () => {
  const moves = datasetStatuses.flatMap((from) =>
    datasetStatuses.filter((to) => mayBecome(from, to)).map((to) => `${from} → ${to}`),
  );
  expect(moves).toEqual(['created → active', 'created → archived', 'active → archived', 'archived → active']);
});
