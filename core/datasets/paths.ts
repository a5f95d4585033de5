/** Longest path of a file in a dataset, in bytes of UTF-8. */
const longestPathBytes = 1024;
/** File systems accept no longer name. */
const longestNameBytes = 255;

/** C0 and C1 controls, line separators, and code points that Unicode has not assigned: their case is not known yet. */
const refusedCharacter = /[\p{Cc}\p{Cn}\p{Cs}\u2028\u2029]/u;
const isPlain = /^[ -@[-~]*$/;

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** The path in Unicode's normal form C, or the reason why a dataset does not hold such a path. */
export function checkPath(
  path: string,
): { readonly path: string; readonly problem: null } | { readonly problem: string } {
  if (!path.isWellFormed()) return { problem: 'is not well-formed Unicode' };
  const normal = path.normalize('NFC');
  const segments = normal.split('/');
  if (normal === '') return { problem: 'is empty' };
  if (normal.startsWith('/')) return { problem: 'is absolute: give it relative to the dataset' };
  if (segments.includes('')) return { problem: 'has an empty folder name' };
  if (segments.some((segment) => segment === '.' || segment === '..')) return { problem: 'has "." or ".." as a name' };
  if (normal.includes('\\')) return { problem: 'has a backslash: separate folders with "/"' };
  if (refusedCharacter.test(normal)) return { problem: 'has a control or unassigned character' };
  if (bytesOf(normal) > longestPathBytes) return { problem: `is longer than ${longestPathBytes} bytes` };
  if (segments.some((segment) => bytesOf(segment) > longestNameBytes))
    return { problem: `has a name longer than ${longestNameBytes} bytes` };
  return { path: normal, problem: null };
}

function folded(path: string): string {
  // Upper case first: "ß" and "SS" are one name on file systems that ignore case.
  return isPlain.test(path) ? path : path.toUpperCase().toLowerCase().normalize('NFC');
}

/**
 * Sort key of a path. Paths that differ only by case or normal form have the same key. A folder's files follow directly
 * after the folder's own name, because no path has the character that stands for the slash.
 */
export function keyOf(path: string): string {
  return folded(path).replaceAll('/', '\0');
}

/** Keys of all files below this folder begin with it; the empty path is the whole dataset. */
export function keyOfFolder(folder: string): string {
  return folder === '' ? '' : `${keyOf(folder)}\0`;
}

/** The first key behind those of a folder: paths have no control characters. */
export function keyBehindFolder(folderKey: string): string {
  return `${folderKey.slice(0, -1)}\u0001`;
}

/**
 * Why two paths that follow each other by their keys cannot be in one version; null if they can. If every path agrees
 * with the next one, all of them agree.
 */
export function clashOf(one: string, other: string): string | null {
  const [left, right] = [one.split('/'), other.split('/')];
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const [name = '', otherName = ''] = [left[index], right[index]];
    if (folded(name) !== folded(otherName)) return null;
    if (name !== otherName) return 'differ only by case or normal form';
    const [isFile, isOtherFile] = [index === left.length - 1, index === right.length - 1];
    if (isFile !== isOtherFile) return 'are a file and a folder of the same name';
  }
  return 'are the same path';
}
