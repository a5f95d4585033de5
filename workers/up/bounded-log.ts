import { copyFileSync, existsSync, statSync, truncateSync } from 'node:fs';

const mostBytes = 50_000_000;

/**
 * Moves a log that has become too long aside, in the place of the one before. The process that writes it keeps its file
 * open for appending, so the content is moved and not the file.
 */
export function boundLog(file: string, maxBytes = mostBytes): void {
  if (!existsSync(file) || statSync(file).size <= maxBytes) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file, 0);
}
