import { ArtenicError } from '../../core/errors.ts';

/** Folder for objects under way; no key begins with it. */
export const temporaryFolder = '.tmp';

/** The longest name that file systems take. */
const maxSegmentBytes = 255;

/** The key's segments. Throws `validation-failed` for a key that could leave the root or stand for another one. */
export function segmentsOf(key: string): readonly string[] {
  const segments = key.split('/');
  const problem = segments.map(problemOf).find((found) => found !== null) ?? reserved(segments);
  if (problem === null) return segments;
  throw new ArtenicError('validation-failed', `The key ${JSON.stringify(key)} ${problem}.`);
}

/** The folders that hold all keys with the prefix; the part after its last `/` may be the beginning of a name. */
export function foldersOfPrefix(prefix: string): readonly string[] {
  const end = prefix.lastIndexOf('/');
  return end === -1 ? [] : segmentsOf(prefix.slice(0, end));
}

function problemOf(segment: string): string | null {
  if (segment === '') return 'has an empty segment';
  if (segment === '.' || segment === '..') return `has the segment "${segment}"`;
  if (segment.includes('\0')) return 'has a NUL character';
  // it would become a replacement character, and two keys one file
  if (!segment.isWellFormed()) return 'is not well-formed Unicode';
  return Buffer.byteLength(segment) > maxSegmentBytes ? 'has a segment longer than 255 bytes' : null;
}

function reserved(segments: readonly string[]): string | null {
  return segments[0] === temporaryFolder ? `begins with the reserved folder ${temporaryFolder}` : null;
}
