import { ignoreFile, leftOutPart, packRules, type LeavesOut } from '@artenic/core/pack';
import { randomKey } from '../../lib/random-key.ts';

/** A file with its path below the dropped folder. */
export type Found = { readonly path: string; readonly file: File };
/** A dropped or chosen folder; `id` differs for each drop. */
export type Folder = {
  readonly id: string;
  readonly name: string;
  readonly files: readonly Found[];
  /** By which a later page reads the folder again, in browsers that have it. */
  readonly handle?: Promise<FileSystemHandle | null>;
};
export type Dropped = { readonly folder: Folder | null; readonly files: readonly File[] };

/** A folder with more files is refused, with this advice. */
export type FolderLimit = { readonly files: number; readonly advice: string };
/** More files are more than code. */
export const folderOfCode: FolderLimit = { files: 20_000, advice: 'Drop the folder of the code alone.' };
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

async function walk(
  folder: FileSystemDirectoryEntry,
  below: string,
  found: Found[],
  limit: FolderLimit,
): Promise<void> {
  for (const entry of await entriesOf(folder)) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (unlisted(path, isFolder(entry))) continue;
    if (isFolder(entry)) await walk(entry, path, found, limit);
    else {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      found.push({ path, file });
    }
    if (found.length > limit.files) throw new Error(`The folder has more than ${limit.files} files. ${limit.advice}`);
  }
}

/** Not every browser gives handles. */
type DroppedItem = DataTransferItem & {
  readonly getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>;
};

/** Reads what was dropped: the first folder, and all single files. Call it in the event itself. */
export async function readDrop(transfer: DataTransfer, limit: FolderLimit = folderOfCode): Promise<Dropped> {
  const items: readonly DroppedItem[] = [...transfer.items];
  const entries = items.map((item) => item.webkitGetAsEntry());
  const handles = items.map((item) => item.getAsFileSystemHandle?.());
  const files = [...transfer.files].filter((_, index) => entries[index]?.isDirectory !== true);
  const first = entries.find((entry) => entry?.isDirectory === true);
  if (first === undefined || first === null || !isFolder(first)) return { folder: null, files };
  const found: Found[] = [];
  await walk(first, '', found, limit);
  const handle = handles[entries.indexOf(first)];
  const folder = { id: randomKey(), name: first.name, files: found };
  return { folder: handle === undefined ? folder : { ...folder, handle }, files };
}

/** The folder of a folder picker, whose files name it as the first part of their paths. */
export function readPicked(list: readonly File[], limit: FolderLimit = folderOfCode): Folder | null {
  const [first] = list;
  if (first === undefined) return null;
  const files = list.map((file) => ({ path: file.webkitRelativePath.split('/').slice(1).join('/'), file }));
  return {
    id: randomKey(),
    name: first.webkitRelativePath.split('/')[0] ?? '',
    files: files.filter(({ path }) => leftOutPart(path, unlisted) === null).slice(0, limit.files),
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
