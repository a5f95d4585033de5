import { objectKeys } from '@artenic/core';
import { cachedObjects } from '../cached-objects.ts';
import type { ApiDeps } from '../deps.ts';

/** Models are opened from files: each is fetched by its content id. */
export function modelCache(
  storage: Pick<ApiDeps['storage'], 'get'>,
  folder: string,
  options: { readonly mostBytes?: number; readonly silentMs?: number; readonly now?: () => Date } = {},
): (sha256: string) => Promise<string> {
  const placeOf = (sha256: string) => ({ name: sha256, key: objectKeys.model(sha256) });
  return cachedObjects(storage, { ...options, folder, ending: '.onnx', what: 'model', placeOf }).fetch;
}
