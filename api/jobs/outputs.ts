import { objectKeys, type OutputFile } from '@artenic/core';
import { mapBounded } from '../../core/map-bounded.ts';
import { decodeCursor, encodeCursor, notOurs } from '../../store/cursors.ts';
import type { ApiDeps } from '../deps.ts';

/** Most requests to the storage at once. */
const atOnce = 16;

type Output = { readonly attempt: number; readonly path: string };
type Place = Output;

function placeOf(cursor: string | undefined): Place {
  if (cursor === undefined) return { attempt: 1, path: '' };
  const [attempt = '', path = ''] = decodeCursor(cursor, 2);
  if (!/^[1-9]\d{0,8}$/.test(attempt)) throw notOurs();
  return { attempt: Number(attempt), path };
}

function byPath(one: Output, other: Output): number {
  return one.path < other.path ? -1 : 1;
}

/**
 * Outputs behind `after`, in the order of attempt and path, at least `count` if there are so many. Only the output
 * folders of attempts are listed, from the first wanted one until there is enough: never the logs and checkpoints.
 */
async function outputsBehind(
  { storage }: ApiDeps,
  { id, currentAttempt }: { readonly id: string; readonly currentAttempt: number },
  { after, count }: { readonly after: Place; readonly count: number },
): Promise<readonly Output[]> {
  const found: Output[] = [];
  for (let first = after.attempt; first <= currentAttempt && found.length < count; first += atOnce) {
    const length = Math.min(atOnce, currentAttempt - first + 1);
    const attempts = Array.from({ length }, (_, index) => first + index);
    const folders = await mapBounded(attempts, atOnce, async (attempt) => {
      const folder = objectKeys.output(id, attempt, '');
      const outputs = (await storage.list(folder)).map((key) => ({ attempt, path: key.slice(folder.length) }));
      return outputs.filter(({ path }) => attempt > after.attempt || path > after.path).toSorted(byPath);
    });
    for (const folder of folders) for (const output of folder) found.push(output);
  }
  return found;
}

/** One page of a job's outputs. Only the sizes of the files on the page are requested. */
export async function outputPage(
  deps: ApiDeps,
  job: { readonly id: string; readonly currentAttempt: number },
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ readonly items: readonly OutputFile[]; readonly nextCursor: string | null }> {
  const found = await outputsBehind(deps, job, { after: placeOf(cursor), count: limit + 1 });
  const page = found.slice(0, limit);
  const items = await mapBounded(page, atOnce, async ({ attempt, path }) => {
    const head = await deps.storage.head(objectKeys.output(job.id, attempt, path));
    return { attempt, path, bytes: head?.bytes ?? 0 };
  });
  const last = page.at(-1);
  const hasMore = found.length > limit && last !== undefined;
  return { items, nextCursor: hasMore ? encodeCursor([String(last.attempt), last.path]) : null };
}
