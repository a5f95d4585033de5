import type { ReactElement } from 'react';
import { copyIcon, copyWords, useCopy } from '../lib/use-copy.ts';
import { Icon } from './icon.tsx';

export function CopyText({ text, label }: { readonly text: string; readonly label: string }): ReactElement {
  const { outcome, copy } = useCopy();
  return (
    <button
      type="button"
      aria-label={copyWords(outcome, label)}
      title={label}
      onClick={() => copy(text)}
      className={`inline-flex size-6 shrink-0 items-center justify-center rounded-sm transition-colors hover:bg-raised ${outcome === 'done' ? 'text-ok' : 'text-muted hover:text-ink'}`}
    >
      <Icon name={copyIcon[outcome]} className="size-3.5" />
    </button>
  );
}
