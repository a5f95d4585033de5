/** Files of a version that a job takes, as patterns; null for all. */
export type Selection = readonly string[] | null;

const anyFolders = '**';
const isWild = (name: string): boolean => name.includes('*');

/**
 * Whether a name of a path is like a name of a pattern, in which `*` stands for any characters. Only the newest star is
 * ever taken up again, so this needs no more than length times length steps.
 */
function isNameLike(name: string, pattern: string): boolean {
  let [at, wanted, star, taken] = [0, 0, -1, 0];
  while (at < name.length) {
    if (pattern[wanted] === '*') [star, taken] = [wanted++, at];
    else if (name[at] === pattern[wanted]) [at, wanted] = [at + 1, wanted + 1];
    else if (star === -1) return false;
    else [wanted, at] = [star + 1, ++taken];
  }
  while (pattern[wanted] === '*') wanted++;
  return wanted === pattern.length;
}

/** As for names: `**` stands for any number of folders; at the end of a pattern it also takes the file. */
function isPathLike(path: readonly string[], pattern: readonly string[]): boolean {
  let [at, wanted, star, taken] = [0, 0, -1, 0];
  while (at < path.length) {
    const name = pattern[wanted];
    if (name === anyFolders) [star, taken] = [wanted++, at];
    else if (name !== undefined && isNameLike(path[at] ?? '', name)) [at, wanted] = [at + 1, wanted + 1];
    else if (star === -1) return false;
    else [wanted, at] = [star + 1, ++taken];
  }
  while (pattern[wanted] === anyFolders) wanted++;
  return wanted === pattern.length;
}

/** Whether the selection takes the file. Its patterns are in Unicode's form C, as paths are. */
export function selects(selection: Selection, path: string): boolean {
  if (selection === null) return true;
  const names = path.split('/');
  return selection.some((pattern) => isPathLike(names, pattern.split('/')));
}

/** Folders that hold every selected file, none of them inside another; `['']` stands for the whole dataset. */
export function foldersOf(selection: Selection): readonly string[] {
  if (selection === null) return [''];
  const folders = selection.map((pattern) => {
    const names = pattern.split('/');
    const wild = names.findIndex(isWild);
    return names.slice(0, wild === -1 ? names.length - 1 : Math.min(wild, names.length - 1)).join('/');
  });
  const isInside = (folder: string, other: string): boolean => other === '' || folder.startsWith(`${other}/`);
  const unique = [...new Set(folders)];
  return unique.filter((folder) => !unique.some((other) => other !== folder && isInside(folder, other)));
}
