import { filesPage } from '../../core/datasets/read.ts';
import { foldersOf, selects } from '../../core/datasets/selection.ts';
import type { Db } from '../database.ts';
import type { DatasetsRepository } from '../types.ts';
import { purgedOf } from './contents.ts';
import { nodesOf } from './nodes.ts';

/** Files that one page looks at: bounds its time when the patterns take few of them. */
const mostScanned = 20_000;
const scannedAtOnce = 2000;

/** The folder that `after` is in; the first one without it. */
function startOf(folders: readonly string[], after: string | null): number {
  if (after === null) return 0;
  return folders.findIndex((folder) => folder === '' || after.startsWith(`${folder}/`));
}

/** Selected files behind a path, and the path that the next page begins behind; null at the end. */
export function selectedPage(db: Db): DatasetsRepository['selected'] {
  return async ({ datasetId, root }, { selection, after, limit }) => {
    const source = nodesOf(db, datasetId);
    const folders = foldersOf(selection);
    const found = [];
    let [scanned, last, isMore] = [0, after, false];
    search: for (const [index, folder] of folders.entries()) {
      if (index < startOf(folders, after)) continue;
      for (let behind = index === startOf(folders, after) ? after : null; ;) {
        const files = await filesPage(source, root, { folder, after: behind, limit: scannedAtOnce });
        for (const file of files) {
          if (found.length === limit || scanned === mostScanned) {
            isMore = true;
            break search;
          }
          scanned++;
          last = file.path;
          if (selects(selection, file.path)) found.push(file);
        }
        behind = files.at(-1)?.path ?? behind;
        if (files.length < scannedAtOnce) break;
      }
    }
    const purged = await purgedOf(
      db,
      datasetId,
      found.map(({ sha256 }) => sha256),
    );
    return {
      files: found.map((file) => ({ ...file, isPurged: purged.has(file.sha256) })),
      next: isMore ? last : null,
    };
  };
}
