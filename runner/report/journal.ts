import { appendFileSync } from 'node:fs';
import { complain } from '../error-text.ts';
import type { Folders } from '../folders.ts';

/** Writes the platform's own lines to a log of the attempt. A failed write is not an error for the attempt. */
export function sayIn(
  { logs }: Pick<Folders, 'logs'>,
  stream: keyof Folders['logs'] = 'training',
): (line: string) => void {
  return (line) => {
    try {
      appendFileSync(logs[stream], `[artenic] ${line}\n`);
    } catch (error) {
      complain(`saying "${line}"`, error);
    }
  };
}
