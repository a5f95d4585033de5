import { describe, expect, test } from '@jest/globals';
import { readEvents, slowestLines, underWay, type RunEvent } from './events.ts';
import { closingLines, verdictOf, type FileResult } from './verdict.ts';

const result = (file: string, changes: Partial<FileResult> = {}): FileResult => ({
  file,
  passed: 3,
  failed: 0,
  skipped: 0,
  crash: null,
  failure: null,
  ...changes,
});
const failing = (file: string): FileResult =>
  result(file, { passed: 2, failed: 1, failure: `it fails\n${file} is late` });
const lastLine = (text: string): string => text.split('\n').at(-1) ?? '';

describe('the closing lines', () => {
  test('one line of counts when all pass', () => {
    expect(closingLines(verdictOf([result('a'), result('b', { skipped: 2 })], []))).toBe(
      '6 passed, 0 failed, 2 skipped',
    );
  });

  test('a file that passes alone counts as passed, and is named with its first failure', () => {
    const text = closingLines(verdictOf([failing('a'), result('b')], [result('a')]));
    expect(text).toMatch(/^flaky: a\n {4}it fails\n {4}a is late\n/);
    expect(lastLine(text)).toBe('6 passed, 0 failed, 0 skipped');
  });

  test('a file that fails twice has failed, with the counts of the second run', () => {
    const text = closingLines(verdictOf([result('a', { passed: 0, failed: 3 })], [failing('a')]));
    expect(text).toBe('failed: a\n2 passed, 1 failed, 0 skipped');
  });

  test('a file that crashed twice counts as one failure', () => {
    const crashed = result('a', { passed: 0, crash: 'the process ended' });
    expect(lastLine(closingLines(verdictOf([crashed, result('b')], [crashed])))).toBe('3 passed, 1 failed, 0 skipped');
    const text = closingLines(verdictOf([crashed, result('b')], [result('a')]));
    expect(text).toBe('flaky: a\n    the process ended\n6 passed, 0 failed, 0 skipped');
  });

  test.each([
    [3, 0],
    [4, 4],
  ])('%d flaky files leave %d failures', (count, failed) => {
    const files = Array.from({ length: count }, (_, index) => `f${index}`);
    const verdict = verdictOf(
      files.map(failing),
      files.map((file) => result(file)),
    );
    expect(verdict).toMatchObject({ failed, flaky: { length: count }, broken: { length: failed } });
  });
});

describe('a run', () => {
  const started = (file: string, atMs: number): RunEvent => ({ kind: 'started', file, atMs });
  const ended = (file: string, wallMs: number): RunEvent => ({
    kind: 'ended',
    result: result(file),
    wallMs,
    cpuMs: 1000,
  });

  test('knows the files that began and have not ended', () => {
    expect([...underWay([started('a', 1), started('b', 2), ended('a', 5)])]).toEqual([['b', 2]]);
  });

  test('tells the slowest files with their processor time', () => {
    expect(slowestLines([ended('a', 1000), ended('b', 61_000), ended('c', 2000)], 2)).toBe(
      'slowest of 3 files:\n  61.0 s wall    1.0 s processor  b\n   2.0 s wall    1.0 s processor  c',
    );
  });

  test('that wrote nothing has no events', () => {
    expect(readEvents('/nowhere/at/all')).toEqual([]);
  });
});
