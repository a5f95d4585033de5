import { nothing, type Collected } from '../../core/retention/report.ts';
import { objectKeys } from '@artenic/core';
import { fixedPeriods, objectKindOf } from '../../core/retention/rules.ts';
import type { CollectorDeps, Round } from './round.ts';
import { measure, removeAll } from './objects.ts';

/** Prefixes of objects that are stored under the hash of their content and may be unused. */
const prefixes = ['packages/', 'data/', 'models/', 'copies/'] as const;

/** A round looks for objects without a row at the hashes with one first byte only: lists are in proportion to that. */
export const uploadShards = 256;

/** Ends uploads that nobody has continued for their time, and removes those that ended before. */
async function collectUnfinished(
  { store, storage, periods, now }: CollectorDeps,
  { isDryRun, limit }: Round,
): Promise<Collected> {
  const { uploads } = store;
  const at = now();
  const before = (ms: number): Date => new Date(at.getTime() - ms);
  if (isDryRun) {
    const items = await uploads.countOld(before(periods.uploadsMs), limit);
    return { ...nothing, items, rows: items, isMore: items === limit };
  }
  const ended = await uploads.endOld(before(periods.uploadsMs), limit, at);
  const ids = await uploads.ended(before(fixedPeriods.endedUploadsMs), limit);
  let [objects, bytes] = [0, 0];
  for (const id of ids) {
    const keys = await storage.list(objectKeys.upload(id));
    const found = await measure(storage, keys);
    await removeAll(storage, keys);
    await uploads.drop(id);
    objects += found.objects;
    bytes += found.bytes;
  }
  const items = ended + ids.length;
  return { items, rows: items, objects, bytes, isMore: ended === limit || ids.length === limit };
}

/**
 * Removes uploads that no job, dataset and model version refers to. Each has a row since before it was stored, so the
 * storage is asked about those to be removed only. Objects without a row, as a restored database leaves them, are found
 * by the list of one shard in each round. `condemn` is committed before the object is deleted, and from then on lookups
 * get `not-ready`: an object never disappears between a lookup and the reference to it.
 */
async function collectStored(
  { store, storage, periods, now }: CollectorDeps,
  { isDryRun, limit, shard }: Round,
): Promise<Collected> {
  const { objectUses } = store;
  const at = now();
  // A dry run must not start the period of objects that were never requested.
  if (shard !== undefined && !isDryRun)
    for (const prefix of prefixes) {
      const keys = await storage.list(`${prefix}${shard.toString(16).padStart(2, '0')}`);
      await objectUses.take(
        keys.filter((key) => objectKindOf(key) !== null),
        at,
      );
    }
  const before = new Date(at.getTime() - periods.uploadsMs);
  const keys = await objectUses.needless(before, limit);
  const found = await measure(storage, keys);
  const report = { ...found, items: keys.length, rows: keys.length, isMore: keys.length === limit };
  if (isDryRun) return report;
  for (const key of keys) {
    if (!(await objectUses.condemn(key, before, at))) continue;
    await storage.delete(key);
    await objectUses.forget(key);
  }
  return report;
}

/** Uploads that never became an object of their own, and objects without a reference. */
export async function collectUploads(deps: CollectorDeps, round: Round): Promise<Collected> {
  const unfinished = await collectUnfinished(deps, round);
  const stored = await collectStored(deps, round);
  return {
    items: unfinished.items + stored.items,
    rows: unfinished.rows + stored.rows,
    objects: unfinished.objects + stored.objects,
    bytes: unfinished.bytes + stored.bytes,
    isMore: unfinished.isMore || stored.isMore,
  };
}
