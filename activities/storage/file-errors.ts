import { errorCode, isSystemCode } from '../error-code.ts';
import { ArtenicError, isArtenicError } from '../../core/errors.ts';

export function isAbsent(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Codes for another kind of file in the place of the key's file or folders. */
const conflicts = new Set(['EISDIR', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST']);
/** Codes for a forbidden symbolic link or a path that the file system does not accept. */
const refused = new Set(['ELOOP', 'ENAMETOOLONG', 'EINVAL']);

/** Converts file system errors to platform errors. Other errors, such as a caller's stream error, stay unchanged. */
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
  // disk full, not writable, out of handles: the fault may be temporary, or an operator can fix it
  return new ArtenicError('unavailable', `The storage fails at the object ${what}.`, { cause: error });
}
