import type { ReactElement } from 'react';
import { copyIcon, copyWords, useCopy } from '../lib/use-copy.ts';
import { ToolButton } from './tool-button.tsx';

/** Calls `text` when pressed and copies the result. */
export function CopyButton({ label, text }: { readonly label: string; readonly text: () => string }): ReactElement {
  const { outcome, copy } = useCopy();
  const words = copyWords(outcome, label);
  return (
    <>
      <ToolButton label={words} icon={copyIcon[outcome]} onClick={() => copy(text())} />
      <span role="status" className="sr-only">
        {outcome === 'idle' ? '' : words}
      </span>
    </>
  );
}
