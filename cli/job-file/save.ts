import { createHash, type Hash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { storedPathSchema } from '@artenic/core';
import { CliError } from '../cli-error.ts';

export type Arrived = { readonly bytes: number; readonly sha256: string };

/**
 * Place of a file below the target folder, with the folders above it made. A name that would lead elsewhere is refused,
 * and so is one whose folder is a link to another place.
 */
export function placeBelow(target: string, path: string): string {
  if (!storedPathSchema.safeParse(path).success || (sep === '\\' && path.includes('\\')))
    throw new CliError('negative', `${path}: this name leads out of the target folder; nothing was written for it`);
  mkdirSync(target, { recursive: true });
  const root = realpathSync(target);
  let folder = root;
  for (const part of path.split('/').slice(0, -1)) {
    folder = join(folder, part);
    if (!existsSync(folder)) mkdirSync(folder);
    if (realpathSync(folder) !== folder)
      throw new CliError('negative', `${path}: ${folder} is a link, and may lead out of the target folder`);
  }
  const file = join(folder, basename(path));
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found !== undefined && !found.isFile())
    throw new CliError('negative', `${file} already exists and is not a file`);
  return file;
}

/** Size of an existing file; null without one. */
export function sizeOf(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.size ?? null;
}

type Expected = {
  readonly bytes: number;
  /** Content with another hash does not get the file's name. */
  readonly sha256?: string;
  /** Names the content, so that what an earlier call has left of the same one is used. */
  readonly identity: string;
  readonly onBytes: (arrived: number) => void;
};
type Fetch = (
  read: (content: ReadableStream<Uint8Array>, offset: number) => Promise<void>,
  offset: () => number,
) => Promise<void>;

/** Less of a file is fetched again. */
const keptBytes = 1024 * 1024;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Takes over what a process that has ended left of the same content: a rename, which only one process succeeds with. */
function takeOver(folder: string, prefix: string, own: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(name.startsWith(prefix) ? name.slice(prefix.length, -'.part'.length) : Number.NaN);
    if (!Number.isInteger(pid) || (pid !== process.pid && isAlive(pid))) continue;
    try {
      renameSync(join(folder, name), own);
      return;
    } catch {
      // Another process has taken it.
    }
  }
}

async function hashInto(hash: Hash, file: string): Promise<void> {
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
}

/**
 * Writes content beside the file and gives it the file's name when all of it has arrived, so that a file under its own
 * name is always whole. What a broken connection or a killed process has left is continued by the next call.
 */
export async function saveWhole(
  file: string,
  { bytes, sha256, identity, onBytes }: Expected,
  fetch: Fetch,
): Promise<Arrived> {
  const folder = dirname(file);
  const prefix = `.${createHash('sha256')
    .update(JSON.stringify([identity, bytes, basename(file)]))
    .digest('hex')
    .slice(0, 32)}.`;
  const temporary = join(folder, `${prefix}${process.pid}.part`);
  if (bytes >= keptBytes) takeOver(folder, prefix, temporary);
  let isWrong = false;
  try {
    if ((sizeOf(temporary) ?? 0) > bytes) rmSync(temporary);
    const read = async (content: ReadableStream<Uint8Array>, offset: number): Promise<void> => {
      let arrived = offset;
      const count = new Transform({
        transform: (chunk: Buffer, _encoding, next) => {
          arrived += chunk.byteLength;
          onBytes(arrived);
          next(null, chunk);
        },
      });
      const place = offset > 0 ? { flags: 'r+', start: offset } : { flags: 'w' };
      await pipeline(
        Readable.fromWeb(content as never),
        count,
        createWriteStream(temporary, { ...place, flush: true }),
      );
      if (arrived !== bytes) throw new Error(`${arrived} of ${bytes} bytes of ${basename(file)} arrived`);
    };
    if (bytes === 0 || sizeOf(temporary) !== bytes) await fetch(read, () => sizeOf(temporary) ?? 0);
    const hash = createHash('sha256');
    await hashInto(hash, temporary);
    const found = hash.digest('hex');
    isWrong = sha256 !== undefined && found !== sha256;
    if (isWrong) throw new Error(`${basename(file)} arrived with the SHA-256 ${found}, not ${sha256}`);
    renameSync(temporary, file);
    return { bytes, sha256: found };
  } catch (error) {
    if (isWrong || (sizeOf(temporary) ?? 0) < keptBytes) rmSync(temporary, { force: true });
    throw error;
  }
}
