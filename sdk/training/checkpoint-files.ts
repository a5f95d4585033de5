import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from './checkpoint.ts';
import { TrainingError } from './errors.ts';

const pattern = /^checkpoint-\d{12}\.ckpt$/;

/** Checkpoint files kept in the folder; the runner has uploaded the earlier ones. */
const keptFiles = 3;

/**
 * Writes `checkpoint-<step>.ckpt`: a hidden temporary file, fsync, rename, fsync of the folder, so that a file of that
 * name is always whole. Files older than the last three are removed.
 * @returns The file's path.
 */
export function writeCheckpoint(directory: string, checkpoint: Checkpoint): string {
  mkdirSync(directory, { recursive: true });
  const name = `checkpoint-${String(checkpoint.trainer.step).padStart(12, '0')}.ckpt`;
  const path = join(directory, name);
  const temporary = join(directory, `.${name}.tmp`);
  const file = openSync(temporary, 'w');
  try {
    writeFileSync(file, encodeCheckpoint(checkpoint));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  const folder = openSync(directory, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
  for (const old of checkpointFiles(directory).slice(keptFiles)) rmSync(join(directory, old), { force: true });
  return path;
}

export type FoundCheckpoint = {
  /** The newest whole checkpoint, or null when there is none. */
  readonly found: { readonly path: string; readonly checkpoint: Checkpoint } | null;
  /** Newer files that were refused, with the reason. */
  readonly refused: readonly { readonly path: string; readonly reason: string }[];
};

/** Finds the newest checkpoint of a folder, skipping files that are cut short or changed. */
export function readNewestCheckpoint(directory: string): FoundCheckpoint {
  const refused: { path: string; reason: string }[] = [];
  for (const name of checkpointFiles(directory)) {
    const path = join(directory, name);
    try {
      return { found: { path, checkpoint: decodeCheckpoint(readFileSync(path)) }, refused };
    } catch (error) {
      if (!(error instanceof TrainingError && error.code === 'checkpoint-corrupt')) throw error;
      refused.push({ path, reason: error.message });
    }
  }
  return { found: null, refused };
}

/** Newest first. */
function checkpointFiles(directory: string): readonly string[] {
  let entries: readonly string[];
  try {
    entries = readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .filter((name) => pattern.test(name))
    .sort()
    .toReversed();
}
