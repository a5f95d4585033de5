import { objectKeys } from '@artenic/core';
import { createTarPacker } from 'modern-tar';
import type { ApiDeps } from '../deps.ts';
import type { DatasetVersionRecord } from '../../store/types.ts';

const filesAtOnce = 500;

/**
 * A folder of a version as a tar, file after file; purged files are left out. Only one file's bytes are in memory, and
 * the next list is read when the reader has taken the one before.
 */
export async function* folderArchive(
  { store, storage }: Pick<ApiDeps, 'store' | 'storage'>,
  version: DatasetVersionRecord,
  folder: string,
): AsyncGenerator<Uint8Array> {
  const { readable, controller } = createTarPacker();
  const strip = folder === '' ? 0 : folder.length + 1;
  const pack = async (): Promise<void> => {
    try {
      for (let after: string | null = null; ;) {
        const files = await store.datasets.files(version, { folder, after, limit: filesAtOnce });
        for (const { path, sha256, bytes, isPurged } of files) {
          if (isPurged) continue;
          const header = { name: path.slice(strip), size: bytes, type: 'file', mtime: version.createdAt } as const;
          const writer = controller.add(header).getWriter();
          if (bytes > 0)
            for await (const chunk of await storage.get(objectKeys.data(sha256))) await writer.write(chunk);
          await writer.close();
        }
        after = files.at(-1)?.path ?? after;
        if (files.length < filesAtOnce) break;
      }
      controller.finalize();
    } catch (error) {
      controller.error(error);
    }
  };
  const packing = pack();
  yield* readable;
  await packing;
}
