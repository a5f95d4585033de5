import { errorCode, messageOf } from '../error-text.ts';

/** The file that was to be stored cannot be read, or changes while it is read: nothing that the storage could mend. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

/** The machine's own troubles say nothing about a file; they may pass. */
const troublesOfMachine: ReadonlySet<string | undefined> = new Set([
  'ENOSPC',
  'EDQUOT',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'EAGAIN',
]);

export function isMachineFailure(error: unknown): boolean {
  return troublesOfMachine.has(errorCode(error));
}

const plainReasons: Readonly<Partial<Record<string, string>>> = {
  ENOENT: 'it was removed before it was stored',
  EACCES: 'it may not be read',
  EPERM: 'it may not be read',
  ENAMETOOLONG: 'its name is too long for the storage',
};

/** Runs `read`, and tells its faults from those of the storage. */
export async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (isMachineFailure(cause) || cause instanceof SourceError) throw cause;
    throw new SourceError(reasonOf(cause), { cause });
  }
}

/** Why a file is not stored, in words for people. */
export function reasonOf(error: unknown): string {
  return plainReasons[errorCode(error) ?? ''] ?? messageOf(error);
}
