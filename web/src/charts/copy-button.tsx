import { useState, type ReactElement } from 'react';
import { ToolButton } from './tool-button.tsx';

const shownForMs = 2000;

/** Copies, and says for a moment whether it did. */
export function CopyButton({ label, text }: { readonly label: string; readonly text: () => string }): ReactElement {
  const [outcome, setOutcome] = useState<'idle' | 'done' | 'refused'>('idle');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
      setOutcome('done');
    } catch {
      setOutcome('refused');
    }
    setTimeout(() => setOutcome('idle'), shownForMs);
  };
  const words = { idle: label, done: 'Copied', refused: 'The browser refused to copy' }[outcome];
  const icon = ({ idle: 'copy', done: 'check', refused: 'warning' } as const)[outcome];
  return (
    <>
      <ToolButton label={words} icon={icon} onClick={() => void copy()} />
      <span role="status" className="sr-only">
        {outcome === 'idle' ? '' : words}
      </span>
    </>
  );
}
