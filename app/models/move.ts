import type { ModelStage } from '@artenic/core';
import type { ModelVersionRecord, ProjectPrincipal, PrincipalStore } from '../../store/types.ts';
import type { Within } from '../within.ts';

export type MoveVersionDeps = { readonly store: PrincipalStore; readonly now: () => Date };

export type MoveVersionInput = {
  readonly principal: ProjectPrincipal;
  readonly model: string;
  readonly version: number;
  readonly to: ModelStage;
  readonly reason: string;
};

/**
 * Moves a version to a stage. In production it takes the place of the present one, which goes back to `staging`.
 * @throws ArtenicError `not-found`, `conflict`
 */
export function moveVersion<Result>(
  { store, now }: MoveVersionDeps,
  { principal, model, version, to, reason }: MoveVersionInput,
  within: Within<ModelVersionRecord, Result>,
): Promise<Result> {
  const { projectId, name: by } = principal;
  return store.as(principal).transaction(async (repositories) => {
    const change = { projectId, name: model, version, to, by, at: now(), reason };
    return within(repositories, await repositories.models.setStage(change));
  });
}
