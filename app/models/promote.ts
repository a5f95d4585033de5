import type { ModelStage } from '@artenic/core';
import type { ModelVersionRecord, ProjectPrincipal, PrincipalStore } from '../../store/types.ts';
import type { Within } from '../within.ts';

export type ChangeStageDeps = { readonly store: PrincipalStore; readonly now: () => Date };

export type ChangeStageInput = {
  readonly principal: ProjectPrincipal;
  readonly model: string;
  readonly version: number;
  readonly reason: string;
};

/**
 * Moves the version to production; the previous one goes back to `registered`. @throws ArtenicError `not-found`,
 * `conflict`
 */
export function promoteVersion<Result>(
  deps: ChangeStageDeps,
  input: ChangeStageInput,
  within: Within<ModelVersionRecord, Result>,
): Promise<Result> {
  return changeStage(deps, 'production', input, within);
}

/** Retires the version: it answers no more predictions. @throws ArtenicError `not-found` */
export function retireVersion<Result>(
  deps: ChangeStageDeps,
  input: ChangeStageInput,
  within: Within<ModelVersionRecord, Result>,
): Promise<Result> {
  return changeStage(deps, 'retired', input, within);
}

function changeStage<Result>(
  { store, now }: ChangeStageDeps,
  to: ModelStage,
  { principal, model, version, reason }: ChangeStageInput,
  within: Within<ModelVersionRecord, Result>,
): Promise<Result> {
  const { projectId, name: by } = principal;
  return store.as(principal).transaction(async (repositories) => {
    const change = { projectId, name: model, version, to, by, at: now(), reason };
    return within(repositories, await repositories.models.setStage(change));
  });
}
