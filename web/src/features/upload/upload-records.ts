import { z } from 'zod';

const databaseName = 'artenic';
const uploadSchema = z.object({
  id: z.string().max(100),
  /** Id and name of the dataset. */
  datasetId: z.string().max(128),
  dataset: z.string().max(63),
  folder: z.string().max(255),
  message: z.string().max(2000),
  /** Files of the dataset that the folder lacks stay. */
  keep: z.boolean(),
  /** The newest version when the upload began; 0 for none. */
  expectedVersion: z.number(),
  files: z.number(),
  bytes: z.number(),
  handle: z.unknown(),
});
/** The record of an upload in this browser, so that a page that is loaded again continues it. */
export type UploadRecord = Omit<z.output<typeof uploadSchema>, 'handle'> & {
  readonly handle: FileSystemDirectoryHandle | null;
};

const hashSchema = z.tuple([z.string(), z.number(), z.number(), z.string().length(64)]);
/** Path, bytes, time of the last change and hash of a file. */
export type KnownHash = z.output<typeof hashSchema>;
const partSchema = z.object({ hashes: z.array(hashSchema) });

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB')));
  });
}

async function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(databaseName, 1);
  request.addEventListener('upgradeneeded', () => {
    request.result.createObjectStore('uploads', { keyPath: 'id' });
    request.result.createObjectStore('hashes', { autoIncrement: true }).createIndex('upload', 'upload');
  });
  return answerOf(request);
}

/** Runs `work` in a transaction. A browser that refuses storage keeps nothing: then an upload cannot be continued. */
async function within<T>(
  stores: readonly ('uploads' | 'hashes')[],
  mode: IDBTransactionMode,
  none: T,
  work: (transaction: IDBTransaction) => Promise<T>,
): Promise<T> {
  try {
    const database = await open();
    try {
      return await work(database.transaction([...stores], mode));
    } finally {
      database.close();
    }
  } catch {
    return none;
  }
}

export function saveUpload(upload: UploadRecord): Promise<void> {
  return within(['uploads'], 'readwrite', undefined, async (transaction) => {
    await answerOf(transaction.objectStore('uploads').put(upload));
  });
}

export function saveHashes(upload: string, hashes: readonly KnownHash[]): Promise<void> {
  return within(['hashes'], 'readwrite', undefined, async (transaction) => {
    await answerOf(transaction.objectStore('hashes').add({ upload, hashes }));
  });
}

export function hashesOf(upload: string): Promise<readonly KnownHash[]> {
  return within(['hashes'], 'readonly', [], async (transaction) => {
    const parts: unknown[] = await answerOf(transaction.objectStore('hashes').index('upload').getAll(upload));
    return parts.flatMap((part) => partSchema.safeParse(part).data?.hashes ?? []);
  });
}

/** The upload of a dataset that was not finished. */
export function uploadOf(datasetId: string): Promise<UploadRecord | null> {
  return within(['uploads'], 'readonly', null, async (transaction) => {
    const all: unknown[] = await answerOf(transaction.objectStore('uploads').getAll());
    const known = all.flatMap((one) => uploadSchema.safeParse(one).data ?? []);
    const record = known.find((one) => one.datasetId === datasetId);
    if (record === undefined) return null;
    const isHandle = 'FileSystemDirectoryHandle' in globalThis && record.handle instanceof FileSystemDirectoryHandle;
    return { ...record, handle: isHandle ? (record.handle as FileSystemDirectoryHandle) : null };
  });
}

export function removeUpload(id: string): Promise<void> {
  return within(['uploads', 'hashes'], 'readwrite', undefined, async (transaction) => {
    const hashes = transaction.objectStore('hashes');
    const keys = await answerOf(hashes.index('upload').getAllKeys(id));
    await Promise.all([
      answerOf(transaction.objectStore('uploads').delete(id)),
      ...keys.map((key) => answerOf(hashes.delete(key))),
    ]);
  });
}

/** The next user of this browser does not see what this one has uploaded. */
export async function forgetUploads(): Promise<void> {
  await within(['uploads', 'hashes'], 'readwrite', undefined, async (transaction) => {
    await Promise.all([
      answerOf(transaction.objectStore('uploads').clear()),
      answerOf(transaction.objectStore('hashes').clear()),
    ]);
  });
}
