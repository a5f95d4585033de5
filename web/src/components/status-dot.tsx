import type { ReactElement } from 'react';
import type { Tone } from '../lib/status.ts';

export const toneText: Readonly<Record<Tone, string>> = {
  ok: 'text-ok',
  warn: 'text-warn',
  bad: 'text-bad',
  info: 'text-info',
  accent: 'text-accent',
  muted: 'text-muted',
};

/** A dot beside a word; it pulses while something is in progress. */
export function StatusDot({ tone, isBusy = false }: { readonly tone: Tone; readonly isBusy?: boolean }): ReactElement {
  return (
    <span aria-hidden="true" className={`relative inline-flex size-2 shrink-0 ${toneText[tone]}`}>
      {isBusy && <span className="absolute inset-0 animate-pulse-ring rounded-full bg-current" />}
      <span className="relative size-2 rounded-full bg-current" />
    </span>
  );
}
