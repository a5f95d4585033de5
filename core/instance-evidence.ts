import type { PreemptionEvidenceClass } from '@artenic/core';
import type { SilenceKind } from './silence/silence.ts';

/** How the instance ended, as the provider says. */
export type InstanceEvidence = {
  readonly endedBy: 'preemption' | 'request' | 'itself' | 'unknown';
  readonly endedAt: string | null;
  /** What tells that it was taken back; null when nothing does. */
  readonly preemption?: PreemptionEvidenceClass | null;
  /** It is not gone, but its runner has said that the command is over. */
  readonly isOver?: true;
  /** It is there, and gave no sign of life for too long although we were there to hear it. */
  readonly silent?: { readonly kind: SilenceKind; readonly since: string; readonly limitMs: number };
  /** Last line of the instance's console, when it ended by itself: why its runner failed. */
  readonly lastLine?: string;
};
