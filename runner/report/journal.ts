import { appendFileSync } from 'node:fs';
import { complain } from '../error-text.ts';
import type { Folders } from '../folders.ts';

/** The platform's own lines in the log of the training. A log that cannot be written ends nothing. */
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
