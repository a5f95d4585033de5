import { errorCode, isSystemCode } from '../error-code.ts';
import { ArtenicError, isArtenicError } from '../../core/errors.ts';

export function isAbsent(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Another kind of file is where the key's file or folders should be. */
const conflicts = new Set(['EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST']);
/** A symbolic link where none may be, or a path that no file system takes. */
const refused = new Set(['ELOOP', 'ENAMETOOLONG', 'EINVAL']);

/** Faults of the file system as errors of ours; what a caller's own stream threw stays as it is. */
export function toStorageError(error: unknown, key: string): unknown {
  const code = errorCode(error);
  if (isArtenicError(error) || !isSystemCode(code)) return error;
  const what = `${JSON.stringify(key)} (${code})`;
  if (code === 'ENOENT') return new ArtenicError('not-found', `There is no object ${what}.`, { cause: error });
  if (conflicts.has(code)) {
    const why = 'a key may not be the folder of another one';
    return new ArtenicError('conflict', `The object ${what} cannot be here: ${why}.`, { cause: error });
  }
  if (refused.has(code)) return new ArtenicError('validation-failed', `The key ${what} is refused.`, { cause: error });
  // disk full, not writable, out of handles: it may pass, or a person makes it pass
  return new ArtenicError('unavailable', `The storage fails at the object ${what}.`, { cause: error });
}
