import { errorCode, messageOf } from '../error-text.ts';

/** The file to be stored cannot be read, or changes while it is read. Retrying the storage request cannot help. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

/** Errors of the machine, not of a file; they may pass. */
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

/** Runs `read` and turns its errors into SourceError, so that they differ from errors of the storage. */
export async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (isMachineFailure(cause) || cause instanceof SourceError) throw cause;
    throw new SourceError(reasonOf(cause), { cause });
  }
}

/** The reason why a file is not stored, worded for users. */
export function reasonOf(error: unknown): string {
  return plainReasons[errorCode(error) ?? ''] ?? messageOf(error);
}
