import { ignoreFile, leftOutPart, packRules, type LeavesOut } from '@artenic/core/pack';
import { randomKey } from '../../lib/random-key.ts';

/** A file with its path below the dropped folder. */
export type Found = { readonly path: string; readonly file: File };
/** A dropped or chosen folder; `id` differs for each drop. */
export type Folder = { readonly id: string; readonly name: string; readonly files: readonly Found[] };
export type Dropped = { readonly folder: Folder | null; readonly files: readonly File[] };

/** A folder with more files is refused: it holds more than code. */
const mostFiles = 20_000;
/** Never part of a package, and often large: they are not even listed. */
const unlisted = packRules(null);

function entriesOf(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader();
  return new Promise((resolve, reject) => {
    const all: FileSystemEntry[] = [];
    // A reader gives the entries in parts; an empty part is the end.
    const next = (): void =>
      reader.readEntries((part) => {
        if (part.length === 0) resolve(all);
        else {
          all.push(...part);
          next();
        }
      }, reject);
    next();
  });
}

const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

async function walk(folder: FileSystemDirectoryEntry, below: string, found: Found[]): Promise<void> {
  for (const entry of await entriesOf(folder)) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (unlisted(path, isFolder(entry))) continue;
    if (isFolder(entry)) await walk(entry, path, found);
    else {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      found.push({ path, file });
    }
    if (found.length > mostFiles)
      throw new Error(`The folder has more than ${mostFiles} files. Drop the folder of the code alone.`);
  }
}

/** Reads what was dropped: the first folder, and all single files. Call it in the event itself. */
export async function readDrop(transfer: DataTransfer): Promise<Dropped> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const files = [...transfer.files].filter((_, index) => entries[index]?.isDirectory !== true);
  const first = entries.find((entry) => entry?.isDirectory === true);
  if (first === undefined || first === null || !isFolder(first)) return { folder: null, files };
  const found: Found[] = [];
  await walk(first, '', found);
  return { folder: { id: randomKey(), name: first.name, files: found }, files };
}

/** The folder of a folder picker, whose files name it as the first part of their paths. */
export function readPicked(list: readonly File[]): Folder | null {
  const [first] = list;
  if (first === undefined) return null;
  const files = list.map((file) => ({ path: file.webkitRelativePath.split('/').slice(1).join('/'), file }));
  return {
    id: randomKey(),
    name: first.webkitRelativePath.split('/')[0] ?? '',
    files: files.filter(({ path }) => leftOutPart(path, unlisted) === null).slice(0, mostFiles),
  };
}

/** The path from a folder to a file, as `..` and `.` are understood; null when it leads out of the dropped folder. */
export function joined(base: string, path: string): string | null {
  const parts = base === '' ? [] : base.split('/');
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}

/** The job file of a folder: at its top, else the only one below. */
export function jobFileOf({ files }: Folder): Found | null {
  const found = files.filter(({ path }) => /(?:^|\/)artenic\.ya?ml$/.test(path));
  const top = found.find(({ path }) => !path.includes('/'));
  return top ?? (found.length === 1 ? (found[0] ?? null) : null);
}

export type Package = {
  readonly files: readonly Found[];
  readonly bytes: number;
  /** Files and folders that the rules leave out. */
  readonly leftOut: readonly string[];
};

/** The files that the package of a folder holds, by the rules of the command line. */
export async function packageOf(folder: Folder, path: string): Promise<Package> {
  const prefix = path === '' ? '' : `${path}/`;
  const inside = folder.files
    .filter((one) => one.path.startsWith(prefix))
    .map(({ path: whole, file }) => ({ path: whole.slice(prefix.length), file }));
  const ignored = inside.find((one) => one.path === ignoreFile);
  const leavesOut: LeavesOut = packRules(ignored === undefined ? null : await ignored.file.text());
  const leftOut = new Set<string>();
  const files = inside.filter((one) => {
    const part = leftOutPart(one.path, leavesOut);
    if (part !== null) leftOut.add(part);
    return part === null;
  });
  return { files, bytes: files.reduce((sum, { file }) => sum + file.size, 0), leftOut: [...leftOut] };
}
