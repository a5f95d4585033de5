import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { linkLibraries } from '../../../workers/up/postgres/binaries.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'artenic-links-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a copy that lacks the libraries' links gets them, whatever its folder is called, and only within it", () => {
  const copy = join(folder, 'pg-18.4');
  mkdirSync(join(copy, 'lib'), { recursive: true });
  writeFileSync(join(copy, 'lib', 'libicuuc.so.60.2'), 'library');
  const links = [
    { source: 'native/lib/libicuuc.so.60.2', target: 'native/lib/libicuuc.so.60' },
    { source: 'native/lib/libicuuc.so.60.2', target: 'native/../outside' },
  ];
  writeFileSync(join(copy, 'pg-symlinks.json'), JSON.stringify(links));
  linkLibraries(copy);
  linkLibraries(copy);
  expect(readFileSync(join(copy, 'lib', 'libicuuc.so.60'), 'utf8')).toBe('library');
  expect(() => readFileSync(join(folder, 'outside'))).toThrow('ENOENT');
});
