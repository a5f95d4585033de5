import { copyFileSync, existsSync, statSync, truncateSync } from 'node:fs';

const mostBytes = 50_000_000;

/**
 * Moves the content of a log that is too long to `.1`, replacing the earlier content there. The writing process keeps
 * its file open for appending, so the content is moved and not the file.
 */
export function boundLog(file: string, maxBytes = mostBytes): void {
  if (!existsSync(file) || statSync(file).size <= maxBytes) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file, 0);
}
