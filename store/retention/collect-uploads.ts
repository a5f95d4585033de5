import type { Collected } from '../../core/retention/report.ts';
import { objectKindOf } from '../../core/retention/rules.ts';
import type { CollectorDeps, Round } from './round.ts';
import { measure } from './objects.ts';

/** Where objects lie under the hash of their content, and may have nobody who needs them. */
const prefixes = ['packages/', 'data/', 'models/'] as const;

/**
 * Uploads that no job and no model version names. `condemn` is committed before the object is deleted, and from then on
 * whoever looks for it hears "later": between the look and the reference to it an object never goes.
 */
export async function collectUploads(
  { store, storage, periods, now }: CollectorDeps,
  { isDryRun, limit }: Round,
): Promise<Collected> {
  const { objectUses } = store;
  const at = now();
  for (const prefix of prefixes) {
    const keys = (await storage.list(prefix)).filter((key) => objectKindOf(key) !== null);
    // Telling what would go must not begin the time of what nobody has asked for yet.
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
