import { matchesGlob } from 'node:path/posix';
import { describe, expect, test } from '@jest/globals';
import { foldersOf, selects } from '../../../core/datasets/selection.ts';

const paths = ['a.csv', 'train/a.csv', 'train/b.txt', 'train/deep/er/a.csv', 'test/a.csv', 'train.csv', 'träin/a.csv'];

test.each([
  '*.csv',
  '**',
  '**/a.csv',
  'train/**',
  'train/*',
  'train/**/*.csv',
  '*/a.csv',
  't*n/**',
  '**/deep/**',
  'a.csv',
  'tr*.c*v',
  '*',
])('%s takes what a shell takes', (pattern) => {
  const taken = paths.filter((path) => selects([pattern], path));
  expect(taken).toEqual(paths.filter((path) => matchesGlob(path, pattern)));
});

test('several patterns are taken together, none takes everything, and other characters stand for themselves', () => {
  expect(paths.filter((path) => selects(['a.csv', 'test/**'], path))).toEqual(['a.csv', 'test/a.csv']);
  expect(paths.every((path) => selects(null, path))).toBe(true);
  expect(selects(['a?[b]{c}.+'], 'a?[b]{c}.+')).toBe(true);
  expect(selects(['a?'], 'ab')).toBe(false);
});

test('a pattern that nearly matches in very many ways is decided at once', () => {
  const began = process.cpuUsage();
  expect(selects([`${'**/a*b*/'.repeat(100)}x`], `${'aab/'.repeat(200)}y`)).toBe(false);
  expect(selects([`${'a*'.repeat(120)}b`], 'a'.repeat(250))).toBe(false);
  // Backtracking over all ways would take longer than the age of the universe.
  expect(process.cpuUsage(began).user).toBeLessThan(5e6);
});

describe('folders that have to be read', () => {
  test.each([
    [null, ['']],
    [['**/x'], ['']],
    [
      ['train/**', 'test/a/*.csv'],
      ['train', 'test/a'],
    ],
    [
      ['train/**', 'train/deep/*', 'trainer/x'],
      ['train', 'trainer'],
    ],
    [['a/b/c.csv'], ['a/b']],
    [['c.csv', 'a/**'], ['']],
  ] as const)('%j: %j', (selection, folders) => {
    expect(foldersOf(selection)).toEqual(folders);
  });
});
