import { useEffect, useState } from 'react';

const shownForMs = 2000;

export type CopyOutcome = 'idle' | 'done' | 'refused';

/** Copies text and reports the outcome for 2 s: a browser may refuse. */
export function useCopy(): { readonly outcome: CopyOutcome; readonly copy: (text: string) => void } {
  const [outcome, setOutcome] = useState<CopyOutcome>('idle');
  useEffect(() => {
    if (outcome === 'idle') return undefined;
    const timer = setTimeout(() => setOutcome('idle'), shownForMs);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = (text: string): void => {
    navigator.clipboard.writeText(text).then(
      () => setOutcome('done'),
      () => setOutcome('refused'),
    );
  };
  return { outcome, copy };
}

/** Label of a copy button. */
export function copyWords(outcome: CopyOutcome, label: string): string {
  return { idle: label, done: 'Copied', refused: 'The browser refused to copy' }[outcome];
}

export const copyIcon = { idle: 'copy', done: 'check', refused: 'warning' } as const;
