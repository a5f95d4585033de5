import { objectKeys, type ExternalModel, type ModelSignature } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import type { ModelVersionRecord, Store } from '../../store/types.ts';
import type { Within } from '../within.ts';

export type ExaminedModel = { readonly signature: ModelSignature; readonly external: ExternalModel | null };

export type RegisterModelDeps = {
  readonly store: Store;
  readonly storage: Pick<ObjectStorage, 'head'>;
  readonly now: () => Date;
};

export type RegisterModelInput = {
  readonly projectId: string;
  readonly createdBy: string;
  readonly model: string;
  readonly format: string;
  /** Of the object `models/<sha256>`, which is stored already. */
  readonly sha256: string;
  readonly metrics: Readonly<Record<string, number>>;
  /** The job that trained it, which gets one version however often it registers; null for an upload. */
  readonly jobId: string | null;
  /** Reads the stored model. Throws `model-rejected`. */
  readonly examine: () => Promise<ExaminedModel>;
};

/** A version of what is stored and examined; its length is the storage's word. @throws ArtenicError `validation-failed`, `model-rejected` */
export async function registerModel<Result>(
  { store, storage, now }: RegisterModelDeps,
  { examine, ...registration }: RegisterModelInput,
  within: Within<ModelVersionRecord, Result>,
): Promise<Result> {
  const stored = await storage.head(objectKeys.model(registration.sha256));
  if (stored === null)
    throw new ArtenicError('validation-failed', 'The model is not uploaded; PUT it to /api/v1/objects/models first.', {
      errors: [{ pointer: '/sha256', message: 'not uploaded' }],
    });
  const examined = await examine();
  return store.transaction(async (repositories) => {
    const { bytes } = stored;
    const version = await repositories.models.register({ ...registration, ...examined, bytes, createdAt: now() });
    return within(repositories, version);
  });
}
