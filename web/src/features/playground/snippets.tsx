import { useId, useState, type KeyboardEvent, type ReactElement } from 'react';
import { CopyButton } from '../../charts/copy-button.tsx';
import { snippetKinds, snippetOf, type SnippetKind, type SnippetRequest } from './snippet-text.ts';

const words: Readonly<Record<SnippetKind, string>> = { curl: 'curl', sdk: 'SDK', cli: 'CLI' };

/** The form's request for a terminal or a program; the key is read from ARTENIC_API_KEY. */
export function Snippets(props: SnippetRequest): ReactElement {
  const [kind, setKind] = useState<SnippetKind>('curl');
  const id = useId();
  const text = snippetOf(kind, props);
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const next = snippetKinds[(snippetKinds.indexOf(kind) + by + snippetKinds.length) % snippetKinds.length] ?? 'curl';
    setKind(next);
    document.getElementById(`${id}-${next}`)?.focus();
  };
  return (
    <div className="min-w-0 overflow-hidden rounded-lg border border-line bg-surface">
      <div className="flex items-center gap-1 border-b border-line bg-raised/50 px-2 py-1">
        <div role="tablist" aria-label="The same request as" className="flex gap-1" onKeyDown={onKeyDown}>
          {snippetKinds.map((one) => (
            <button
              key={one}
              id={`${id}-${one}`}
              type="button"
              role="tab"
              aria-selected={one === kind}
              aria-controls={`${id}-panel`}
              tabIndex={one === kind ? 0 : -1}
              className="h-7 rounded-md px-2.5 text-xs font-medium text-muted hover:text-ink focus-visible:outline-2 focus-visible:outline-accent aria-selected:bg-raised aria-selected:text-ink"
              onClick={() => setKind(one)}
            >
              {words[one]}
            </button>
          ))}
        </div>
        <span className="ml-auto">
          <CopyButton label={`Copy as ${words[kind]}`} text={() => text} />
        </span>
      </div>
      <pre
        id={`${id}-panel`}
        role="tabpanel"
        aria-labelledby={`${id}-${kind}`}
        tabIndex={0}
        className="max-h-80 overflow-auto p-3 font-mono text-xs leading-5 [font-variant-ligatures:none] text-ink focus-visible:outline-2 focus-visible:-outline-offset-2 focus-visible:outline-accent"
      >
        {text}
      </pre>
    </div>
  );
}
