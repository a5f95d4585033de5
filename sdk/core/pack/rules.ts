import ignore from 'ignore';

/** The file in a package folder that names files to leave out, by the rules of `.gitignore`. */
export const ignoreFile = '.artenicignore';

const alwaysLeftOut: ReadonlySet<string> = new Set([
  'node_modules',
  '.git',
  '.venv',
  'venv',
  '__pycache__',
  '.artenic',
  '.DS_Store',
]);

/** Whether a file or folder, by its path below the package folder, stays out of the package. */
export type LeavesOut = (path: string, isFolder: boolean) => boolean;

/**
 * Rules of a package folder. Ask for each folder before its contents: what is below a folder that is left out is left
 * out.
 * @param ignoreText content of `.artenicignore` (git-scm.com/docs/gitignore); null without the file
 */
export function packRules(ignoreText: string | null): LeavesOut {
  const rules = ignoreText === null ? null : ignore().add(ignoreText);
  return (path, isFolder) =>
    alwaysLeftOut.has(path.slice(path.lastIndexOf('/') + 1)) ||
    (rules !== null && rules.ignores(isFolder ? `${path}/` : path));
}

/** The first of the path's folders that is left out, else the path itself if it is; null when the file is packed. */
export function leftOutPart(path: string, leavesOut: LeavesOut): string | null {
  const parts = path.split('/');
  for (let length = 1; length <= parts.length; length++) {
    const part = parts.slice(0, length).join('/');
    if (leavesOut(part, length < parts.length)) return part;
  }
  return null;
}
