import { appendFileSync } from 'node:fs';
import { writeWhole } from '@artenic/core/write-whole';
import { complain } from '../error-text.ts';
import type { Folders } from '../folders.ts';

/** Writes each checkpoint request once to a file that the command reads and removes. */
export function checkpointRequests(
  folders: Pick<Folders, 'checkpointFile' | 'logs'>,
): (askedAt: string, phase: string) => void {
  let last: string | null = null;
  return (askedAt, phase) => {
    if (askedAt === last || phase === 'finishing') return;
    try {
      writeWhole(folders.checkpointFile, `${askedAt}\n`);
      appendFileSync(folders.logs.training, '[artenic] a checkpoint is asked for\n');
      last = askedAt;
    } catch (error) {
      // The next heartbeat brings the request again.
      complain('asking the command for a checkpoint', error);
    }
  };
}
