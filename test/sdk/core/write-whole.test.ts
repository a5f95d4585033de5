import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWhole } from '@artenic/core/write-whole';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'artenic-write-whole-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('takes the place of what is there, for its own user only', () => {
  const path = join(folder, 'a.json');
  writeFileSync(path, 'old, and longer', { mode: 0o644 });
  writeWhole(path, 'new');
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['a.json']);
});

test('a write that fails leaves what was there, and nothing else', () => {
  const path = join(folder, 'a');
  mkdirSync(join(path, 'b'), { recursive: true });
  expect(() => writeWhole(path, 'new')).toThrow();
  expect(readdirSync(folder)).toEqual(['a']);
  expect(readdirSync(path)).toEqual(['b']);
});
