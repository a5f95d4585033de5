import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreFile, packArchive, PackError, packRules, type LeavesOut } from '@artenic/core/pack';
import { CliError } from '../cli-error.ts';
import { readTextFile } from '../output/text-file.ts';

export type PackedFolder = { readonly bytes: Uint8Array; readonly sha256: string; readonly files: number };

function rulesOf(folder: string): LeavesOut {
  const file = join(folder, ignoreFile);
  return packRules(existsSync(file) ? readTextFile(file) : null);
}

/** The name as a shell escapes it: `caf\\xe9.txt`. */
function inAscii(name: Buffer): string {
  return [...name]
    .map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCodePoint(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');
}

/** Files to pack, relative to the folder. */
async function collect(folder: string): Promise<readonly string[]> {
  const leavesOut = rulesOf(folder);
  async function walk(below: string): Promise<string[]> {
    const found: string[] = [];
    for (const entry of await readdir(join(folder, below), { withFileTypes: true, encoding: 'buffer' })) {
      const name = entry.name.toString('utf8');
      const path = below === '' ? name : `${below}/${name}`;
      if (leavesOut(path, entry.isDirectory())) continue;
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
  return walk('');
}

/** Packs a folder as tar.gz, byte for byte as the dashboard does. */
export async function packFolder(folder: string): Promise<PackedFolder> {
  if (!existsSync(folder) || !(await stat(folder)).isDirectory())
    throw new CliError('usage', `package folder ${folder} not found`);
  const files = await Promise.all(
    (await collect(folder)).map(async (path) => {
      const place = join(folder, path);
      return { path, bytes: (await stat(place)).size, read: () => createReadStream(place) as AsyncIterable<Buffer> };
    }),
  );
  if (files.length === 0) throw new CliError('usage', `the package folder ${folder} is empty`);
  const hash = createHash('sha256');
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of packArchive(files)) {
      hash.update(chunk);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof PackError ? new CliError('usage', error.message) : error;
  }
  return { bytes: Buffer.concat(chunks), sha256: hash.digest('hex'), files: files.length };
}
