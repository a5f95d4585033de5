import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { objectKeys } from '@artenic/core';
import type { ApiDeps } from './deps.ts';

/** Models are opened from files: each is fetched once by its content id. */
export function modelCache(storage: ApiDeps['storage'], folder: string): (sha256: string) => Promise<string> {
  mkdirSync(folder, { recursive: true });
  return async (sha256) => {
    const path = join(folder, `${sha256}.onnx`);
    if (existsSync(path)) return path;
    const temporary = `${path}.${randomBytes(4).toString('hex')}`;
    await pipeline(await storage.get(objectKeys.model(sha256)), createWriteStream(temporary, { flush: true }));
    renameSync(temporary, path);
    return path;
  };
}
