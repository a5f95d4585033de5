import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, matchesGlob } from 'node:path';
import { create } from 'tar';
import { CliError } from './cli-error.ts';

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

function readIgnored(folder: string): readonly string[] {
  const path = join(folder, '.artenicignore');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim().replace(/\/$/, ''))
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Files to pack, in a fixed order, relative to the folder. */
async function collect(folder: string): Promise<readonly string[]> {
  const ignored = readIgnored(folder);
  const isLeftOut = (path: string, name: string): boolean =>
    alwaysLeftOut.has(name) || ignored.some((pattern) => matchesGlob(path, pattern) || matchesGlob(name, pattern));
  async function walk(below: string): Promise<string[]> {
    const found: string[] = [];
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (isLeftOut(path, entry.name)) continue;
      if (entry.isDirectory()) found.push(...(await walk(path)));
      else if (entry.isFile()) found.push(path);
    }
    return found;
  }
  return (await walk('')).toSorted();
}

/** A folder as tar.gz, the same bytes for the same content: sorted, without times, owners and links. */
export async function packFolder(folder: string): Promise<PackedFolder> {
  if (!existsSync(folder) || !(await stat(folder)).isDirectory())
    throw new CliError('usage', `the package folder ${folder} is not there`);
  const files = await collect(folder);
  if (files.length === 0) throw new CliError('usage', `the package folder ${folder} is empty`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  const archive = create(
    { cwd: folder, gzip: { level: 6 }, portable: true, mtime: new Date(0), noDirRecurse: true, follow: false },
    [...files],
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
  // The byte of the operating system in gzip's header is the only one that differs between machines.
  packed[9] = 255;
  return { bytes: packed, sha256: createHash('sha256').update(packed).digest('hex'), files: files.length };
}
