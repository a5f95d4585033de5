/** A file that a dataset refuses, and why. */
export type PathFault = { readonly path: string; readonly problem: string };

const longestPathBytes = 1024;
const longestNameBytes = 255;
const refusedCharacter = /[\p{Cc}\p{Cn}\p{Cs}\u2028\u2029]/u;
const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

function problemOf(path: string): string | null {
  const names = path.split('/');
  if (!path.isWellFormed()) return 'is not well-formed Unicode';
  if (names.includes('')) return 'has an empty folder name';
  if (names.some((name) => name === '.' || name === '..')) return 'has "." or ".." as a name';
  if (path.includes('\\')) return 'has a backslash in its name';
  if (refusedCharacter.test(path)) return 'has a control or unassigned character';
  if (bytesOf(path) > longestPathBytes) return `is longer than ${longestPathBytes} bytes`;
  if (names.some((name) => bytesOf(name) > longestNameBytes)) return `has a name longer than ${longestNameBytes} bytes`;
  return null;
}

/** Upper case first: "ß" and "SS" are one name on file systems that ignore case. */
const folded = (path: string): string => path.toUpperCase().toLowerCase().normalize('NFC');

type Named = { readonly path: string; readonly isFile: boolean };

function clashOf(one: Named, other: Named): string | null {
  if (one.path !== other.path) return `differs from ${JSON.stringify(other.path)} only by case or normal form`;
  if (one.isFile !== other.isFile) return 'is a file and a folder of the same name';
  return one.isFile ? 'is the same path as another file' : null;
}

/**
 * Files whose names a version cannot have, by the rules of the server, so that they are shown before anything is sent.
 * @param paths in Unicode's form C
 */
export function pathFaults(paths: readonly string[]): readonly PathFault[] {
  const faults: PathFault[] = [];
  const seen = new Map<string, Named>();
  for (const path of paths) {
    let problem = problemOf(path);
    const names = path.split('/');
    for (let length = 1; length <= names.length && problem === null; length++) {
      const own = { path: names.slice(0, length).join('/'), isFile: length === names.length };
      const key = folded(own.path);
      const other = seen.get(key);
      if (other === undefined) seen.set(key, own);
      else problem = clashOf(own, other);
    }
    if (problem !== null) faults.push({ path, problem });
  }
  return faults;
}
