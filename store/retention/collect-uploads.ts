import type { Collected } from '../../core/retention/report.ts';
import { objectKindOf } from '../../core/retention/rules.ts';
import type { CollectorDeps, Round } from './round.ts';
import { measure } from './objects.ts';

/** Prefixes of objects that are stored under the hash of their content and may be unused. */
const prefixes = ['packages/', 'data/', 'models/', 'copies/'] as const;

/**
 * Removes uploads that no job and no model version refers to. `condemn` is committed before the object is deleted, and
 * from then on lookups get `not-ready`: an object never disappears between a lookup and the reference to it.
 */
export async function collectUploads(
  { store, storage, periods, now }: CollectorDeps,
  { isDryRun, limit }: Round,
): Promise<Collected> {
  const { objectUses } = store;
  const at = now();
  for (const prefix of prefixes) {
    const keys = (await storage.list(prefix)).filter((key) => objectKindOf(key) !== null);
    // A dry run must not start the period of objects that were never requested.
    if (!isDryRun) await objectUses.take(keys, at);
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
