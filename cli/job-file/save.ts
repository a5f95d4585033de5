import { createHash } from 'node:crypto';
import {
  createWriteStream,
  existsSync,
  lstatSync,
  mkdirSync,
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
  readonly onBytes: (arrived: number) => void;
};

/**
 * Writes content beside the file and gives it the file's name when all of it has arrived, so that a file under its own
 * name is always whole.
 */
export async function saveWhole(
  file: string,
  content: ReadableStream<Uint8Array>,
  { bytes, sha256, onBytes }: Expected,
): Promise<Arrived> {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.part`);
  const hash = createHash('sha256');
  let arrived = 0;
  const count = new Transform({
    transform: (chunk: Buffer, _encoding, next) => {
      arrived += chunk.byteLength;
      hash.update(chunk);
      onBytes(arrived);
      next(null, chunk);
    },
  });
  try {
    await pipeline(
      Readable.fromWeb(content as never),
      count,
      createWriteStream(temporary, { flags: 'wx', flush: true }),
    );
    if (arrived !== bytes) throw new Error(`${arrived} of ${bytes} bytes of ${basename(file)} arrived`);
    const found = hash.digest('hex');
    if (sha256 !== undefined && found !== sha256)
      throw new Error(`${basename(file)} arrived with the SHA-256 ${found}, not ${sha256}`);
    renameSync(temporary, file);
    return { bytes: arrived, sha256: found };
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
