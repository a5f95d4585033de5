import type { ReactElement } from 'react';

export function Kbd({ keys }: { readonly keys: string }): ReactElement {
  return (
    <span className="inline-flex gap-1">
      {keys.split(' ').map((key, place) => (
        <kbd
          key={`${place}-${key}`}
          className="inline-flex h-5 min-w-5 items-center justify-center rounded-sm border border-line bg-raised px-1 font-mono text-2xs text-muted"
        >
          {key}
        </kbd>
      ))}
    </span>
  );
}
