import { appendFileSync } from 'node:fs';
import { writeWhole } from '@artenic/core/write-whole';
import { complain } from '../error-text.ts';
import type { Folders } from '../folders.ts';

/** Puts each wish for a checkpoint where the command sees it, once; the command takes it away. */
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
      // The next beat brings the wish again.
      complain('asking the command for a checkpoint', error);
    }
  };
}
