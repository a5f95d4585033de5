import type { ModelStage } from '@artenic/core';
import type { ModelVersionRecord, Principal, Store } from '../../store/types.ts';
import type { Within } from '../within.ts';

export type ChangeStageDeps = { readonly store: Store; readonly now: () => Date };

export type ChangeStageInput = {
  readonly principal: Principal;
  readonly model: string;
  readonly version: number;
  readonly reason: string;
};

/** The version answers from now on; the one before goes back to `registered`. @throws ArtenicError `not-found`, `conflict` */
export function promoteVersion<Result>(
  deps: ChangeStageDeps,
  input: ChangeStageInput,
  within: Within<ModelVersionRecord, Result>,
): Promise<Result> {
  return changeStage(deps, 'production', input, within);
}

/** The version answers no more. @throws ArtenicError `not-found` */
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
  return store.transaction(async (repositories) =>
    within(
      repositories,
      await repositories.models.setStage({ projectId, name: model, version, to, by, at: now(), reason }),
    ),
  );
}
