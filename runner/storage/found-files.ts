import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { errorCode } from '../error-text.ts';
import { isMachineFailure, reasonOf } from './source-error.ts';

/** A file below a folder. File names are bytes: `source` opens the file, `name` is its path for people and for keys. */
export type FoundFile = { readonly name: string; readonly source: Buffer };
/** An entry that cannot be stored. */
export type Unusable = { readonly name: string; readonly reason: string };
export type Found = { readonly files: readonly FoundFile[]; readonly unusable: readonly Unusable[] };

const slash = Buffer.from('/');
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Keys and log lines are text without control characters. */
const lastControl = 0x1f;
const deleteControl = 0x7f;

/** The name as UTF-8; null when it is not valid UTF-8 or contains control characters. */
export function plainName(name: Uint8Array): string | null {
  if (name.some((byte) => byte <= lastControl || byte === deleteControl)) return null;
  try {
    return decoder.decode(name);
  } catch {
    return null;
  }
}

/** `plainName`, or the name with every byte that is not printable ASCII as `%XX`. */
export function readableName(name: Uint8Array): string {
  const plain = plainName(name);
  if (plain !== null) return plain;
  const escaped = (byte: number): boolean => byte <= 0x20 || byte >= deleteControl || byte === 0x25;
  return Array.from(name, (byte) =>
    escaped(byte) ? `%${byte.toString(16).toUpperCase().padStart(2, '0')}` : String.fromCharCode(byte),
  ).join('');
}

/** All files below a folder, sorted by name. */
export async function findFiles(folder: string): Promise<Found> {
  const files: FoundFile[] = [];
  const unusable: Unusable[] = [];
  const taken = new Set<string>();

  function take(entry: Dirent<Buffer>, name: string, source: Buffer): void {
    if (!entry.isFile())
      unusable.push({ name, reason: entry.isSymbolicLink() ? 'it is a link' : 'it is not a regular file' });
    else if (taken.has(name)) unusable.push({ name, reason: 'another file has this name when it is written as text' });
    else {
      taken.add(name);
      files.push({ name, source });
    }
  }

  async function walk(path: Buffer, prefix: string): Promise<void> {
    let entries: Dirent<Buffer>[];
    try {
      entries = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
    } catch (error) {
      if (isMachineFailure(error)) throw error;
      // A command may also remove the folder itself: then there are no files.
      if (prefix !== '') unusable.push({ name: prefix.slice(0, -1), reason: reasonOf(error) });
      else if (errorCode(error) !== 'ENOENT') unusable.push({ name: '.', reason: reasonOf(error) });
      return;
    }
    for (const entry of entries) {
      const name = `${prefix}${readableName(entry.name)}`;
      const source = Buffer.concat([path, slash, entry.name]);
      if (entry.isDirectory()) await walk(source, `${name}/`);
      else take(entry, name, source);
    }
  }

  await walk(Buffer.from(folder), '');
  const byName = (one: { readonly name: string }, other: { readonly name: string }): number =>
    one.name < other.name ? -1 : 1;
  return { files: files.toSorted(byName), unusable: unusable.toSorted(byName) };
}

/** Changes with every write to the file, and when another file takes its name. */
export async function stampOf(source: string | Buffer): Promise<string> {
  return stampFrom(await lstat(source, { bigint: true }));
}

export function stampFrom({ ino, size, mtimeNs }: BigIntStats): string {
  return `${ino}:${size}:${mtimeNs}`;
}
