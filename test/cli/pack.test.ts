import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { extract, list } from 'tar';
import { packFolder, type PackedFolder } from '../../cli/job-file/pack.ts';
import { folderWith } from './artenic.ts';

const folders: { readonly remove: () => void }[] = [];
const make = (files: Readonly<Record<string, string>>): string => {
  const folder = folderWith(files);
  folders.push(folder);
  return folder.path;
};
afterEach(() => folders.splice(0).forEach(({ remove }) => remove()));

/** Contents by name, as on the machine that unpacks the archive. */
function contentsOf({ bytes }: PackedFolder): Readonly<Record<string, string>> {
  const folder = make({});
  const file = join(make({}), 'packed.tar.gz');
  writeFileSync(file, bytes);
  list({
    file,
    sync: true,
    onReadEntry: (entry) =>
      expect([entry.type, entry.mode, entry.mtime?.getUTCFullYear()]).toEqual(['File', 0o755, 1980]),
  });
  extract({ file, cwd: folder, sync: true });
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [relative(folder, path), readFileSync(path, 'utf8')]));
}

describe('a packed folder', () => {
  const files = { 'train.py': 'print(1)', 'lib/b.py': 'b', 'lib/a.py': 'a', 'Ünïcode.txt': 'ü' };

  test('holds its files', async () => {
    const packed = await packFolder(make(files));
    expect(contentsOf(packed)).toEqual(files);
    expect(packed.files).toBe(4);
    // The same on every system and for every version of the packer, so that nothing is uploaded or prepared twice.
    expect(packed.sha256).toBe('5b3201f25bb0a8e9b98bd07eb1ed5f3a5b441b8cb4004b661983c960998a13f6');
  });

  test('is the same bytes for the same content, whenever and in whatever order it was written', async () => {
    const first = make(files);
    const second = make(Object.fromEntries(Object.entries(files).toReversed()));
    utimesSync(join(second, 'train.py'), new Date(1e12), new Date(1e12));
    const [one, other] = [await packFolder(first), await packFolder(second)];
    expect(other.sha256).toBe(one.sha256);
    expect(Buffer.from(other.bytes)).toEqual(Buffer.from(one.bytes));
    writeFileSync(join(second, 'train.py'), 'print(2)');
    expect((await packFolder(second)).sha256).not.toBe(one.sha256);
  });

  test('does not tell hard links from copies', async () => {
    const copies = make({ 'a.txt': 'same', 'b.txt': 'same' });
    const linked = make({ 'a.txt': 'same' });
    linkSync(join(linked, 'a.txt'), join(linked, 'b.txt'));
    const packed = await packFolder(linked);
    expect(contentsOf(packed)).toEqual({ 'a.txt': 'same', 'b.txt': 'same' });
    expect(packed.sha256).toBe((await packFolder(copies)).sha256);
  });

  test('does not depend on the executable bit, which browsers and Windows do not have', async () => {
    const folder = make({ 'run.sh': '#!/bin/sh' });
    const before = await packFolder(folder);
    chmodSync(join(folder, 'run.sh'), 0o755);
    expect((await packFolder(folder)).sha256).toBe(before.sha256);
  });

  test('takes names that mean something to tar', async () => {
    const odd = { '@archive': 'one', '-rf': 'two', 'a b': 'three' };
    expect(contentsOf(await packFolder(make(odd)))).toEqual(odd);
  });

  test('leaves out what never belongs into it', async () => {
    const folder = make({
      ...files,
      'node_modules/x/index.js': '',
      'lib/__pycache__/a.pyc': '',
      '.git/config': '',
      '.venv/bin/python': '',
      '.artenic/admin.key': 'secret',
    });
    expect(contentsOf(await packFolder(folder))).toEqual(files);
  });

  test('leaves out what `.artenicignore` names', async () => {
    const folder = make({
      'train.py': '',
      'notes.md': '',
      'lib/notes.md': '',
      'out/big.bin': '',
      'lib/out/kept-by-root-only.txt': '',
      'data/x.csv': '',
      '.artenicignore': '# comments and empty lines are nothing\n\n*.md\n/out\ndata/\n',
    });
    expect(Object.keys(contentsOf(await packFolder(folder))).sort()).toEqual([
      '.artenicignore',
      'lib/out/kept-by-root-only.txt',
      'train.py',
    ]);
  });

  test('has the rules of .gitignore: exceptions, anchors, folders and `**`', async () => {
    const folder = make({
      'a.txt': '',
      'b.txt': '',
      'data/raw/x.csv': '',
      'data/raw/keep.csv': '',
      'src/deep/cache/y.bin': '',
      logs: 'a file, where the rule names a folder',
      '.artenicignore': '*.txt\n!a.txt\ndata/raw/*\n!data/raw/keep.csv\nsrc/**/cache/\nlogs/\n',
    });
    expect(Object.keys(contentsOf(await packFolder(folder))).sort()).toEqual([
      '.artenicignore',
      'a.txt',
      'data/raw/keep.csv',
      'logs',
    ]);
  });

  test('refuses links, which would point to something else on another machine', async () => {
    const folder = make({ 'a.txt': '' });
    symlinkSync('/etc/passwd', join(folder, 'link'));
    await expect(packFolder(folder)).rejects.toThrow(/link/);
  });

  test('must be there, and not be empty', async () => {
    await expect(packFolder('/no/such/folder')).rejects.toThrow('/no/such/folder');
    const empty = make({});
    mkdirSync(join(empty, 'only-a-folder'));
    await expect(packFolder(empty)).rejects.toThrow(/empty/);
  });
});

test('a file name that is not UTF-8 is refused with the name, or left out', async () => {
  const folder = make({ 'train.py': 'x' });
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9]), Buffer.from('.txt')]), 'x');
  await expect(packFolder(folder)).rejects.toThrow('the file name caf\\xe9.txt in the package folder is not UTF-8');
  writeFileSync(join(folder, '.artenicignore'), '*.txt\n');
  expect((await packFolder(folder)).files).toBe(2);
});
