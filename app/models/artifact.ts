import { objectKeys, type ModelSignature } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import type { ModelVersionRecord, PrincipalStore } from '../../store/types.ts';
import type { VersionPlace } from './edit.ts';

export type StoreModelFileDeps = { readonly store: PrincipalStore; readonly storage: Pick<ObjectStorage, 'head'> };

/**
 * Makes a stored object the file of a version that has none. The same file again changes nothing. @throws ArtenicError
 * `not-found`, `conflict`, `model-rejected`
 */
export async function storeModelFile(
  { store, storage }: StoreModelFileDeps,
  input: VersionPlace & { readonly sha256: string; readonly format: string },
  examine: () => Promise<ModelSignature>,
): Promise<ModelVersionRecord> {
  const { principal, model, version, sha256, format } = input;
  const stored = await storage.head(objectKeys.model(sha256));
  if (stored === null) throw new ArtenicError('not-found', `The file of ${model} ${version} is gone.`);
  const place = { projectId: principal.projectId, name: model, version };
  const current = await store.models.getVersion(place.projectId, model, version);
  if (current.sha256 === sha256) return current;
  const signature = await examine();
  return store.as(principal).models.setFile(place, { sha256, bytes: stored.bytes, format, signature });
}
