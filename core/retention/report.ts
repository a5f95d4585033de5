import type { CollectorStep } from './rules.ts';

/** Amounts that a step has removed, or would remove. */
export type Collected = {
  readonly items: number;
  readonly rows: number;
  readonly objects: number;
  readonly bytes: number;
  /** The limit of a round was reached: more may be left. */
  readonly isMore: boolean;
};
export type StepReport = Collected & { readonly step: CollectorStep };

export const nothing: Collected = { items: 0, rows: 0, objects: 0, bytes: 0, isMore: false };
