import type { ReactElement } from 'react';
import { CopyText } from './copy-text.tsx';

/** The terminal command that does the same as the page. */
export function CommandLine({ command }: { readonly command: string }): ReactElement {
  return (
    <div className="flex max-w-full items-center gap-2 rounded-md border border-line bg-canvas py-1 pr-1 pl-3 text-left font-mono text-xs">
      <span aria-hidden="true" className="text-muted select-none">
        $
      </span>
      <code className="min-w-0 [overflow-wrap:anywhere] whitespace-pre-wrap">{command}</code>
      <CopyText text={command} label={`Copy the command ${command}`} />
    </div>
  );
}
