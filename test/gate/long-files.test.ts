import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { leftOut } from '../setup/long-files.ts';
import { isFull } from '../support/share.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const given = process.env['ARTENIC_TEST_FILES'];
afterEach(() => {
  if (given === undefined) delete process.env['ARTENIC_TEST_FILES'];
  else process.env['ARTENIC_TEST_FILES'] = given;
});

test('a run of everything leaves out two thirds of the long files; a run of named files and the gate none', () => {
  delete process.env['ARTENIC_TEST_FILES'];
  const left = leftOut(root, ['--ci']);
  expect(left.length > 10).toBe(!isFull);
  for (const pattern of left) expect(existsSync(`${root}${pattern.replaceAll('[.]', '.').slice(1, -1)}`)).toBe(true);
  expect(leftOut(root, ['test/e2e/up'])).toEqual([]);
  process.env['ARTENIC_TEST_FILES'] = 'all';
  expect(leftOut(root, [])).toEqual([]);
});
