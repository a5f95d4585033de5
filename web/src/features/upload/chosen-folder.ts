import { ignoreFile } from '@artenic/core/pack';
import { packageOf, type Folder, type Found } from '../dispatch/dropped.ts';
import { pathFaults, type PathFault } from './path-faults.ts';

/** A folder whose files are to be the next version. */
export type ChosenFolder = {
  readonly name: string;
  /** Paths as the dataset has them, in Unicode's form C. */
  readonly files: readonly Found[];
  readonly bytes: number;
  /** Files and folders that `.artenicignore` and the usual rules leave out. */
  readonly leftOut: readonly string[];
  readonly faults: readonly PathFault[];
  readonly handle: FileSystemDirectoryHandle | null;
};

/** The files that a version gets from a folder, by the rules of the command line. */
export async function chosenFolder(folder: Folder): Promise<ChosenFolder> {
  const { files: packed, leftOut } = await packageOf(folder, '');
  const files = packed
    .filter(({ path }) => path !== ignoreFile)
    .map(({ path, file }) => ({ path: path.normalize('NFC'), file }));
  const handle = (await folder.handle?.catch(() => null)) ?? null;
  return {
    ...{ name: folder.name, files, leftOut },
    bytes: files.reduce((sum, { file }) => sum + file.size, 0),
    faults: pathFaults(files.map(({ path }) => path)),
    handle: handle?.kind === 'directory' ? (handle as FileSystemDirectoryHandle) : null,
  };
}

async function walk(folder: FileSystemDirectoryHandle, below: string, found: Found[]): Promise<void> {
  for await (const entry of folder.values()) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.kind === 'directory') await walk(entry, path, found);
    else found.push({ path, file: await entry.getFile() });
  }
}

/** Reads the folder of an earlier page again. The browser asks the user first; null when the user refuses. */
export async function readHandle(handle: FileSystemDirectoryHandle): Promise<ChosenFolder | null> {
  const asked = handle as FileSystemDirectoryHandle & {
    readonly requestPermission?: (options: { readonly mode: 'read' }) => Promise<PermissionState>;
  };
  if (((await asked.requestPermission?.({ mode: 'read' })) ?? 'granted') !== 'granted') return null;
  const files: Found[] = [];
  await walk(handle, '', files);
  return chosenFolder({ id: '', name: handle.name, files, handle: Promise.resolve(handle) });
}
