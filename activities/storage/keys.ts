import { ArtenicError } from '../../core/errors.ts';

/** Folder for unfinished uploads; no key begins with it. */
export const temporaryFolder = '.tmp';

/** Longest file name that file systems accept. */
const maxSegmentBytes = 255;

/** The key's segments. Throws `validation-failed` for a key that could leave the root or be equal to another key. */
export function segmentsOf(key: string): readonly string[] {
  const segments = key.split('/');
  const problem = segments.map(problemOf).find((found) => found !== null) ?? reserved(segments);
  if (problem === null) return segments;
  throw new ArtenicError('validation-failed', `The key ${JSON.stringify(key)} ${problem}.`);
}

/** The folder path that all keys with the prefix share. The part after the last `/` may be an incomplete name. */
export function foldersOfPrefix(prefix: string): readonly string[] {
  const end = prefix.lastIndexOf('/');
  return end === -1 ? [] : segmentsOf(prefix.slice(0, end));
}

function problemOf(segment: string): string | null {
  if (segment === '') return 'has an empty segment';
  if (segment === '.' || segment === '..') return `has the segment "${segment}"`;
  if (segment.includes('\0')) return 'has a NUL character';
  // lone surrogates become replacement characters, so two keys could become the same file
  if (!segment.isWellFormed()) return 'is not well-formed Unicode';
  return Buffer.byteLength(segment) > maxSegmentBytes ? 'has a segment longer than 255 bytes' : null;
}

function reserved(segments: readonly string[]): string | null {
  return segments[0] === temporaryFolder ? `starts with the reserved folder ${temporaryFolder}` : null;
}
