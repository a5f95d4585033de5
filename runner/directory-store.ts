import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { objectKeys, type Bootstrap } from '@artenic/core';
import { filesBelow, hashFile, type RunnerStore } from './object-store.ts';

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The store as a folder of this machine: key `a/b` is the file `a/b` below the root. */
export function createDirectoryStore(
  root: string,
  { jobId, attempt }: Pick<Bootstrap, 'jobId' | 'attempt'>,
): RunnerStore {
  const target = (key: string): string => join(root, ...key.split('/'));

  /** Written beside, made durable, then renamed; the folder is made durable too, so that the name survives a power cut. */
  async function place(key: string, write: (temporary: string) => Promise<void>): Promise<void> {
    const path = target(key);
    const temporary = join(root, '.tmp', randomUUID());
    await mkdir(dirname(temporary), { recursive: true });
    try {
      await write(temporary);
      await sync(temporary);
      await mkdir(dirname(path), { recursive: true });
      await rename(temporary, path);
      await sync(dirname(path));
    } finally {
      await rm(temporary, { force: true });
    }
  }

  return {
    putFile: async (key, path) => {
      let seen = { bytes: 0, sha256: '' };
      await place(key, async (temporary) => {
        await copyFile(path, temporary);
        seen = await hashFile(temporary);
      });
      return { key, ...seen };
    },
    putText: (key, text) => place(key, (temporary) => writeFile(temporary, text)),
    getFile: async (key, path, sha256) => {
      await mkdir(dirname(path), { recursive: true });
      const hash = createHash('sha256');
      await pipeline(
        createReadStream(target(key)),
        async function* (source: AsyncIterable<Buffer>) {
          for await (const chunk of source) {
            hash.update(chunk);
            yield chunk;
          }
        },
        createWriteStream(path),
      );
      const found = hash.digest('hex');
      if (found === sha256) return;
      await rm(path, { force: true });
      throw new Error(`${key} has the hash ${found}, expected ${sha256}`);
    },
    // a folder needs no permission beforehand
    expect: () => undefined,
    checkpointKeys: async () => {
      const prefix = objectKeys.checkpointPrefix(jobId);
      const folder = target(prefix.replace(/\/$/, ''));
      return existsSync(folder) ? (await filesBelow(folder)).map((path) => `${prefix}${path}`) : [];
    },
    removeCheckpoint: async (sequence) => {
      // The manifest goes first: a checkpoint without it does not exist, so a half removed one is never restored.
      await rm(target(objectKeys.checkpointManifest(jobId, attempt, sequence)), { force: true });
      await rm(target(objectKeys.checkpoint(jobId, attempt, sequence)), { recursive: true, force: true });
    },
  };
}
