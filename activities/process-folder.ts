import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from './error-code.ts';

/** Folders of processes in other containers, which are not visible, are removed at this age: no copy lives so long. */
const foreignAfterMs = 24 * 3_600_000;

/** Runs the work with a new folder, which is removed after the work's success or failure. */
export type InTemporaryFolder = <T>(work: (folder: string) => Promise<T>) => Promise<T>;

/**
 * Provides folders for temporary copies inside a folder named after this process. Also removes folders below `root`
 * that killed processes left.
 */
export async function openProcessFolder(root: string): Promise<InTemporaryFolder> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const space = await processSpace();
  await sweep(root, space);
  const own = join(root, `${space}.${process.pid}.${(await startOf(process.pid)) ?? '0'}`);
  return async (work) => {
    const folder = join(own, randomBytes(8).toString('hex'));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

async function sweep(root: string, space: string): Promise<void> {
  for (const name of await readdir(root)) {
    const [theirSpace = '', pid = '', start = ''] = name.split('.');
    const isLeft = theirSpace === space ? await isGone(Number(pid), start) : await isOld(join(root, name));
    if (isLeft) await rm(join(root, name), { recursive: true, force: true });
  }
}

async function isGone(pid: number, start: string): Promise<boolean> {
  const present = await startOf(pid);
  return present === null || present !== start;
}

async function isOld(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > foreignAfterMs;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Namespace of process ids; each container has its own. */
async function processSpace(): Promise<string> {
  try {
    return (await readlink('/proc/self/ns/pid')).replaceAll(/\D/g, '');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    // other platforms have one namespace for the whole machine
    return '0';
  }
}

/** Start of the process in the system's unit, which identifies it among reused ids; null if the process is gone. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
  } catch (error) {
    // the process may end while its file is read
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ESRCH') throw error;
    return process.platform !== 'linux' && isAlive(pid) ? '0' : null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
