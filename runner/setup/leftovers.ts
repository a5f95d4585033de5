import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../error-text.ts';

/** No setup takes a week: one that old has nobody who works on it. */
const leftoverAgeMs = 7 * 24 * 3_600_000;

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** Removes preparations that no `ready.json` names: their machine died in the middle of them. */
export async function sweepSetups(setupsDir: string, ageMs = leftoverAgeMs): Promise<void> {
  const before = Date.now() - ageMs;
  for (const hash of await entriesOf(setupsDir)) {
    const cache = join(setupsDir, hash);
    const ready = await readFile(join(cache, 'ready.json'), 'utf8').catch((error: unknown) => {
      // ENOTDIR: the cache's key lies beside them.
      if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return '';
      throw error;
    });
    for (const entry of await entriesOf(cache)) {
      if (entry === 'ready.json' || ready.includes(entry)) continue;
      const folder = join(cache, entry);
      const { mtimeMs } = await stat(folder).catch((error: unknown) => {
        // Another runner sweeps, too.
        if (errorCode(error) === 'ENOENT') return { mtimeMs: Date.now() };
        throw error;
      });
      if (mtimeMs < before) await rm(folder, { recursive: true, force: true });
    }
  }
}
