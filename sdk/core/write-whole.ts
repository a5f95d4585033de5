import { renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Writes a small file whole or not at all: a reader sees the old content or the new one, even after a power failure.
 * Only the writer's own user can read it. A separate import, because it does not work in browsers.
 */
export function writeWhole(path: string, content: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content, { mode: 0o600, flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
