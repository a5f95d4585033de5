import { z } from 'zod';

/** The one spelling of a relative path: `./a//b` is `a/b`. */
function normalPath(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  return path.startsWith('/') ? path : segments.join('/');
}

/** A path as people write it, kept in its one spelling: the same file never has two names. */
export const relativePathSchema = z
  .string()
  .max(512)
  .overwrite(normalPath)
  .min(1)
  .refine(
    (path) => !path.startsWith('/') && !path.split('/').includes('..') && !path.includes('\0'),
    'a relative path without ".."',
  );

/** A path as a program has stored it: in its one spelling, so it cannot leave the folder that it is joined to. */
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
