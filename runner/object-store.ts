import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { StorageGrant } from '@artenic/core';

type Uploaded = { readonly key: string; readonly bytes: number; readonly sha256: string };

/** Object storage as a runner may use it. Works while the API is away. */
export type RunnerStore = {
  /** Atomic: the object is there whole or not at all. */
  readonly putFile: (key: string, path: string) => Promise<Uploaded>;
  readonly putText: (key: string, text: string) => Promise<void>;
  /** Copies an object to a file; throws when it is missing or its content has another hash. */
  readonly getFile: (key: string, path: string, sha256: string) => Promise<void>;
  /** All keys with this prefix, which ends a folder. */
  readonly list: (prefix: string) => Promise<readonly string[]>;
  /** Removes the keys with this prefix; gone already is success. */
  readonly removeAll: (prefix: string) => Promise<void>;
};

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function hashFile(path: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/** The store as a folder of this machine: key `a/b` is the file `a/b` below the root. */
export function createRunnerStore(grant: StorageGrant): RunnerStore {
  const target = (key: string): string => join(grant.root, ...key.split('/'));

  /** Written beside, made durable, then renamed; the folder is made durable too, so that the name survives a power cut. */
  async function place(key: string, write: (temporary: string) => Promise<void>): Promise<void> {
    const path = target(key);
    const temporary = join(grant.root, '.tmp', randomUUID());
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
    list: async (prefix) => {
      const folder = target(prefix.replace(/\/$/, ''));
      return existsSync(folder) ? (await filesBelow(folder)).map((path) => `${prefix}${path}`) : [];
    },
    removeAll: async (prefix) => {
      // The manifest goes first: a checkpoint without it does not exist, so a half removed one is never restored.
      await rm(join(target(prefix), 'manifest.json'), { force: true });
      await rm(target(prefix), { recursive: true, force: true });
    },
  };
}

/** Files below a folder, relative to it, in a fixed order. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}
