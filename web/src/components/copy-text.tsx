import { useState, type ReactElement } from 'react';
import { Icon } from './icon.tsx';

const shownMs = 1500;

export function CopyText({ text, label }: { readonly text: string; readonly label: string }): ReactElement {
  const [isCopied, setIsCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setIsCopied(true);
    window.setTimeout(() => setIsCopied(false), shownMs);
  };
  return (
    <button
      type="button"
      aria-label={isCopied ? 'Copied' : label}
      title={label}
      onClick={() => void copy()}
      className={`inline-flex size-6 shrink-0 items-center justify-center rounded-sm transition-colors hover:bg-raised ${isCopied ? 'text-ok' : 'text-muted hover:text-ink'}`}
    >
      <Icon name={isCopied ? 'check' : 'copy'} className="size-3.5" />
    </button>
  );
}
