import type { PreviewFile } from '../../profiling/previews.ts';
import { cachedObjects, type CachedObjects } from '../cached-objects.ts';
import type { ApiDeps } from '../deps.ts';

const mostBytes = 10_000_000_000;
/** A purged content leaves the cache after this time at the latest. */
const keepMs = 3_600_000;

/** Files of which pages are shown. */
export function previewCache(
  storage: Pick<ApiDeps['storage'], 'get'>,
  folder: string,
  options: { readonly mostBytes?: number; readonly now?: () => Date } = {},
): CachedObjects<PreviewFile> {
  return cachedObjects<PreviewFile>(storage, {
    ...{ mostBytes, keepMs, folder, ending: '.parquet', what: 'file', ...options },
    placeOf: ({ id, key }) => ({ name: id, key }),
  });
}
