import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../error-text.ts';

/** No setup takes a week, so a preparation this old is not in use. */
const leftoverAgeMs = 7 * 24 * 3_600_000;

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** Removes preparations that no `ready.json` names: their machine died during the setup. */
export async function sweepSetups(setupsDir: string, ageMs = leftoverAgeMs): Promise<void> {
  const before = Date.now() - ageMs;
  for (const hash of await entriesOf(setupsDir)) {
    const cache = join(setupsDir, hash);
    const ready = await readFile(join(cache, 'ready.json'), 'utf8').catch((error: unknown) => {
      // ENOTDIR: the file of the cache key is in the same folder.
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return '';
      throw error;
    });
    for (const entry of await entriesOf(cache)) {
      if (entry === 'ready.json' || ready.includes(entry)) continue;
      const folder = join(cache, entry);
      const { mtimeMs } = await stat(folder).catch((error: unknown) => {
        // Another runner may sweep at the same time.
        if (errorCode(error) === 'ENOENT') return { mtimeMs: Date.now() };
        throw error;
      });
      if (mtimeMs < before) await rm(folder, { recursive: true, force: true });
    }
  }
}
