import { ArtenicError, type InputError } from '../errors.ts';
import { checkPath, clashOf, keyOf } from './paths.ts';
import type { TreeItem } from './tree.ts';

/** A file that a new version has. */
export type PutFile = { readonly path: string; readonly sha256: string; readonly bytes: number };
export type Changes = { readonly put: readonly PutFile[]; readonly remove: readonly string[] };

/** A change at one sort key. */
export type Edit = {
  readonly key: string;
  readonly item: TreeItem | null;
  /** Spellings to be removed: any other one stays. Absent: whatever has the key. */
  readonly removed?: readonly string[];
};

/** Faults that one answer lists. */
const mostFaults = 20;

/**
 * Changes as edits, one for each key, in the order of the keys. Removing a path that does not exist changes nothing.
 * @throws ArtenicError `validation-failed` naming each path that is refused
 */
export function editsOf({ put, remove }: Changes): readonly Edit[] {
  const faults: InputError[] = [];
  const edits = new Map<string, Edit>();
  const checked = (path: string, pointer: string): string | null => {
    const result = checkPath(path);
    if (result.problem === null) return result.path;
    faults.push({ pointer, message: `${JSON.stringify(path)} ${result.problem}` });
    return null;
  };
  for (const [index, given] of remove.entries()) {
    const path = checked(given, `/remove/${index}`);
    if (path === null) continue;
    const key = keyOf(path);
    edits.set(key, { key, item: null, removed: [...(edits.get(key)?.removed ?? []), path] });
  }
  for (const [index, { path: given, sha256, bytes }] of put.entries()) {
    const path = checked(given, `/put/${index}/path`);
    if (path === null) continue;
    const key = keyOf(path);
    const earlier = edits.get(key);
    if (earlier?.item !== null && earlier !== undefined)
      faults.push({
        pointer: `/put/${index}/path`,
        message: `${JSON.stringify(given)} and ${JSON.stringify(earlier.item.path)} ${clashOf(earlier.item.path, path)}`,
      });
    edits.set(key, { ...earlier, key, item: { key, path, hash: sha256, files: 1, bytes } });
  }
  if (faults.length > 0) {
    const [first] = faults;
    throw new ArtenicError('validation-failed', `${first?.message ?? 'A path is refused'}.`, {
      errors: faults.slice(0, mostFaults),
    });
  }
  return [...edits.values()].toSorted((one, other) => (one.key < other.key ? -1 : 1));
}
