import { objectKeys, type ExternalModel, type JsonValue, type ModelSignature } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import type { ModelVersionRecord, PrincipalStore, ProjectPrincipal } from '../../store/types.ts';
import type { Within } from '../within.ts';

export type ExaminedModel = { readonly signature: ModelSignature; readonly external: ExternalModel | null };

export type RegisterModelDeps = {
  readonly store: PrincipalStore;
  readonly storage: Pick<ObjectStorage, 'head'>;
  readonly now: () => Date;
};

export type RegisterModelInput = {
  readonly principal: ProjectPrincipal;
  /** Named as the version's maker; for a trained model the submitter of the job. */
  readonly createdBy: string;
  readonly model: string;
  readonly format: string;
  /** Hash of the object `models/<sha256>`, which is already stored. */
  readonly sha256: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly description?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly framework?: string | undefined;
  readonly author?: string | undefined;
  readonly metadata?: Readonly<Record<string, JsonValue>> | undefined;
  /** The job that trained the model; it gets one version however often it registers. Null for an upload. */
  readonly jobId: string | null;
  /** Reads the stored model. Throws `model-rejected`. */
  readonly examine: () => Promise<ExaminedModel>;
};

/**
 * Registers a stored and examined model as a version; the size comes from the storage. @throws ArtenicError
 * `validation-failed`, `model-rejected`
 */
export async function registerModel<Result>(
  { store, storage, now }: RegisterModelDeps,
  { principal, examine, ...registration }: RegisterModelInput,
  within: Within<ModelVersionRecord, Result>,
): Promise<Result> {
  const stored = await storage.head(objectKeys.model(registration.sha256));
  if (stored === null)
    throw new ArtenicError('validation-failed', 'The model is not uploaded; PUT it to /api/v1/objects/models first.', {
      errors: [{ pointer: '/sha256', message: 'not uploaded' }],
    });
  const examined = await examine();
  return store.as(principal).transaction(async (repositories) => {
    const { projectId } = principal;
    const { bytes } = stored;
    const version = await repositories.models.register({
      ...{ ...registration, ...examined, projectId, bytes },
      createdAt: now(),
    });
    return within(repositories, version);
  });
}
