import { z } from 'zod';

/** The canonical form of a relative path: `./a//b` becomes `a/b`. */
export function normalPath(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  return path.startsWith('/') ? path : segments.join('/');
}

/** A path written by a user, normalized to its canonical form, so that a file never has two names. */
export const relativePathSchema = z
  .string()
  .max(512)
  .overwrite(normalPath)
  .min(1)
  .refine(
    (path) => !path.startsWith('/') && !path.split('/').includes('..') && !path.includes('\0'),
    'a relative path without ".."',
  );

/** A path stored by a program. It must be canonical, so it cannot leave the folder that it is joined to. */
export const storedPathSchema = z
  .string()
  .min(1)
  .max(4096)
  .refine(
    (path) =>
      path.isWellFormed() &&
      !path.includes('\0') &&
      path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..'),
    'a relative path in its one spelling',
  );
