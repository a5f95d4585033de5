import type { ModelDetailsChange } from '../../core/models/details.ts';
import type { ModelVersionRecord, PrincipalStore, ProjectPrincipal } from '../../store/types.ts';
import type { Within } from '../within.ts';

export type EditVersionDeps = { readonly store: PrincipalStore; readonly now: () => Date };

export type VersionPlace = {
  readonly principal: ProjectPrincipal;
  readonly model: string;
  readonly version: number;
};

/** Changes what people say of a version; the audit log has the differences. @throws ArtenicError `not-found` */
export function editVersion<Result>(
  { store }: EditVersionDeps,
  { principal, model, version, change }: VersionPlace & { readonly change: ModelDetailsChange },
  within: Within<ModelVersionRecord, Result>,
): Promise<Result> {
  const place = { projectId: principal.projectId, name: model, version };
  return store
    .as(principal)
    .transaction(async (repositories) => within(repositories, await repositories.models.edit(place, change)));
}

/**
 * Deletes a version. A version that is deleted already stays so. Its file is kept as long as the rules of the retention
 * say. @throws ArtenicError `not-found`, `conflict` with what needs the version
 */
export async function deleteVersion(
  { store, isLoaded }: EditVersionDeps & { readonly isLoaded: (sha256: string) => boolean },
  { principal, model, version }: VersionPlace,
): Promise<void> {
  const place = { projectId: principal.projectId, name: model, version };
  await store.as(principal).models.remove(place, isLoaded);
}
