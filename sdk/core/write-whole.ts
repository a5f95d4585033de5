import { renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Writes a small file whole or not at all: a reader sees the old content or the new one, also after the machine has lost
 * its power. For the writer's own user only. Not for browsers, so it is an import of its own.
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
