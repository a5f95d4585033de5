import type { PreemptionEvidenceClass } from '@artenic/core';
import type { SilenceKind } from './silence/silence.ts';

/** How the instance ended, as reported by the provider. */
export type InstanceEvidence = {
  readonly endedBy: 'preemption' | 'request' | 'itself' | 'unknown';
  readonly endedAt: string | null;
  /** The class of evidence for a preemption; null without evidence. */
  readonly preemption?: PreemptionEvidenceClass | null;
  /** The instance still exists, but its runner has reported the end of the command. */
  readonly isOver?: true;
  /** The instance exists, but gave no sign of life for too long while the API was there to receive one. */
  readonly silent?: { readonly kind: SilenceKind; readonly since: string; readonly limitMs: number };
  /** Last line of the instance's console if the instance ended by itself; it shows why the runner failed. */
  readonly lastLine?: string;
};
