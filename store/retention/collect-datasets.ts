import { nothing, type Collected } from '../../core/retention/report.ts';
import type { CollectorDeps, Round } from './round.ts';

/** Rows of one transaction. */
const rowsAtOnce = 5000;
/** Rows of a dataset that one round removes: the next round continues. */
const mostRows = 200_000;

/**
 * Removes the rows of deleted datasets, and profiles of contents that no dataset has. Their objects go as uploads
 * without a reference.
 */
export async function collectDatasets({ store, now }: CollectorDeps, { isDryRun, limit }: Round): Promise<Collected> {
  const ids = await store.datasets.deleted(limit);
  let [rows, gone] = [0, 0];
  for (const id of ids) {
    if (isDryRun) {
      rows += await store.datasets.countDeletedRows(id);
      gone++;
      continue;
    }
    for (let isGone = false; !isGone && rows < mostRows;) {
      const dropped = await store.datasets.dropRows(id, rowsAtOnce, now());
      rows += dropped.rows;
      ({ isGone } = dropped);
      if (isGone) gone++;
    }
  }
  if (isDryRun) rows += await store.profiles.countUnreferenced();
  else rows += await store.profiles.dropUnreferenced(rowsAtOnce);
  return { ...nothing, items: gone, rows, isMore: gone < ids.length || ids.length === limit };
}
