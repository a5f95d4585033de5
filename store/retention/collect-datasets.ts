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
async function collectDeleted({ store, now }: CollectorDeps, { isDryRun, limit }: Round): Promise<Collected> {
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

/** Drafts: those without a change for their time end; what only ended ones had goes, and notes about those that are versions. */
async function collectDrafts({ store, periods, now }: CollectorDeps, { isDryRun, limit }: Round): Promise<Collected> {
  const { datasets } = store;
  const before = new Date(now().getTime() - periods.uploadsMs);
  if (isDryRun) {
    const old = await datasets.countOldDrafts(before);
    return { ...nothing, items: old, rows: old };
  }
  await datasets.endOldDrafts(before, now());
  const drafts = await datasets.closedDrafts(limit);
  let [rows, gone] = [0, 0];
  for (const { datasetId, id: draft } of drafts)
    for (let isGone = false; !isGone && rows < mostRows;) {
      const dropped = await datasets.dropDraft({ datasetId, draft, limit: rowsAtOnce, at: now() });
      rows += dropped.rows;
      ({ isGone } = dropped);
      if (isGone) gone++;
    }
  return { ...nothing, items: gone, rows, isMore: gone < drafts.length || drafts.length === limit };
}

export async function collectDatasets(deps: CollectorDeps, round: Round): Promise<Collected> {
  const deleted = await collectDeleted(deps, round);
  const drafts = await collectDrafts(deps, round);
  return {
    ...nothing,
    items: deleted.items + drafts.items,
    rows: deleted.rows + drafts.rows,
    isMore: deleted.isMore || drafts.isMore,
  };
}
