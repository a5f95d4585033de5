import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { objectKeys } from '@artenic/core';
import type { RunnerPrograms } from '../../activities/providers/boot/runner-programs.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';

/**
 * Stores the programs for rented machines in object storage at the first launch: the runner as one file, and this
 * process's Node if it fits a machine with Linux on x86-64.
 * @param bundle the built runner; null: it is built now, which needs the development packages
 */
export function lazyRunnerPrograms(parts: {
  readonly storage: ObjectStorage;
  readonly home: string;
  readonly bundle: string | null;
}): () => Promise<RunnerPrograms> {
  let made: Promise<RunnerPrograms> | null = null;
  return () => {
    made ??= make(parts).catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}

async function make({ storage, home, bundle }: Parameters<typeof lazyRunnerPrograms>[0]): Promise<RunnerPrograms> {
  const isFitting = process.platform === 'linux' && process.arch === 'x64';
  const [runnerSha256, nodeSha256] = await Promise.all([
    store(storage, bundle ?? (await build(home))),
    isFitting ? store(storage, process.execPath) : null,
  ]);
  return { runnerSha256, nodeSha256 };
}

async function build(home: string): Promise<string> {
  const file = join(home, 'cache', 'runner.mjs');
  const { bundleRunner } = await import('../../scripts/runner-bundle.ts');
  await bundleRunner(file);
  return file;
}

async function store(storage: ObjectStorage, file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const sha256 = hash.digest('hex');
  const key = objectKeys.program(sha256);
  if ((await storage.head(key)) === null) {
    await storage.put(key, createReadStream(file) as AsyncIterable<Uint8Array>, { sha256 });
  }
  return sha256;
}
