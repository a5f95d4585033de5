import type { AuditVerb, ModelStage } from '@artenic/core';
import { assertNever } from '../assert-never.ts';

/**
 * Stages that a version may move to. A version that has been in production goes back to `staging` when another one
 * takes its place. A retired version answers nothing for good: its file is registered again to use it.
 */
const moves: Readonly<Record<ModelStage, readonly ModelStage[]>> = {
  draft: ['staging', 'production', 'retired'],
  staging: ['draft', 'production', 'retired'],
  production: ['draft', 'staging', 'retired'],
  retired: [],
};

export const firstStage: ModelStage = 'draft';
/** The stage of a version whose place in production another one takes. */
export const replacedStage: ModelStage = 'staging';

export function mayMove(from: ModelStage, to: ModelStage): boolean {
  return moves[from].includes(to);
}

/** The word of the audit log for a move; null: the version is new. */
export function verbOfMove(from: ModelStage | null, to: ModelStage): AuditVerb {
  if (from === null) return 'model.register';
  switch (to) {
    case 'production':
      return 'model.promote';
    case 'retired':
      return 'model.retire';
    case 'draft':
    case 'staging':
      return from === 'production' ? 'model.demote' : 'model.stage';
    default:
      return assertNever(to);
  }
}
