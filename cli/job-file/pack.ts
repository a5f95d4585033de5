import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { existsSync, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import ignore from 'ignore';
import { create, type ReadEntry } from 'tar';
import { CliError } from '../cli-error.ts';
import { readTextFile } from '../output/text-file.ts';

const alwaysLeftOut: ReadonlySet<string> = new Set([
  'node_modules',
  '.git',
  '.venv',
  'venv',
  '__pycache__',
  '.artenic',
  '.DS_Store',
]);
const largestBytes = 500_000_000;

export type PackedFolder = { readonly bytes: Uint8Array; readonly sha256: string; readonly files: number };

/** `.artenicignore` follows the rules of `.gitignore` (git-scm.com/docs/gitignore). */
function readIgnored(folder: string): (path: string, isFolder: boolean) => boolean {
  const file = join(folder, '.artenicignore');
  if (!existsSync(file)) return () => false;
  const rules = ignore().add(readTextFile(file));
  return (path, isFolder) => rules.ignores(isFolder ? `${path}/` : path);
}

/** The name as a shell escapes it: `caf\\xe9.txt`. */
function inAscii(name: Buffer): string {
  return [...name]
    .map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCodePoint(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');
}

/** Files to pack, in a fixed order, relative to the folder. */
async function collect(folder: string): Promise<readonly string[]> {
  const isIgnored = readIgnored(folder);
  async function walk(below: string): Promise<string[]> {
    const found: string[] = [];
    for (const entry of await readdir(join(folder, below), { withFileTypes: true, encoding: 'buffer' })) {
      const name = entry.name.toString('utf8');
      const path = below === '' ? name : `${below}/${name}`;
      if (alwaysLeftOut.has(name) || isIgnored(path, entry.isDirectory())) continue;
      if (!isUtf8(entry.name))
        throw new CliError(
          'usage',
          `the file name ${inAscii(entry.name)} in ${below === '' ? 'the package folder' : below} is not UTF-8: rename the file, or leave it out by .artenicignore`,
        );
      if (entry.isDirectory()) found.push(...(await walk(path)));
      else if (entry.isFile()) found.push(path);
      else
        throw new CliError(
          'usage',
          `${path} in the package folder is a link or a device: replace it by a file, or leave it out by .artenicignore`,
        );
    }
    return found;
  }
  return (await walk('')).toSorted();
}

/** Only the content and the executable bit count, not this machine's links and umask. */
function normalize(stat: Stats | ReadEntry): boolean {
  if (stat instanceof Stats) {
    stat.nlink = 1;
    stat.mode = (stat.mode & 0o100) === 0 ? 0o100644 : 0o100755;
  }
  return true;
}

/** Packs a folder as tar.gz. The same content gives the same bytes: sorted, without times, owners and links. */
export async function packFolder(folder: string): Promise<PackedFolder> {
  if (!existsSync(folder) || !(await stat(folder)).isDirectory())
    throw new CliError('usage', `package folder ${folder} not found`);
  const files = await collect(folder);
  if (files.length === 0) throw new CliError('usage', `the package folder ${folder} is empty`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  const options = { cwd: folder, gzip: { level: 6 }, portable: true, mtime: new Date(0), noDirRecurse: true };
  const archive = create(
    { ...options, filter: (_, stat) => normalize(stat) },
    // tar would read a leading "@" as the name of an archive to add.
    files.map((file) => `./${file}`),
  );
  for await (const chunk of archive as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largestBytes)
      throw new CliError(
        'usage',
        `the package is larger than ${largestBytes / 1e6} MB: list large files under \`data\`, or leave them out by .artenicignore`,
      );
    chunks.push(chunk);
  }
  const packed = Buffer.concat(chunks);
  // Only the operating system's byte in gzip's header differs between machines.
  packed[9] = 255;
  return { bytes: packed, sha256: createHash('sha256').update(packed).digest('hex'), files: files.length };
}
