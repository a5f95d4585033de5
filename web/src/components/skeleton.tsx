import type { ReactElement, ReactNode } from 'react';

/** Placeholder for content that is loading; give it the size of that content. */
export function Skeleton({ className = 'h-4 w-full' }: { readonly className?: string }): ReactElement {
  return <span aria-hidden="true" className={`block animate-shimmer rounded-sm bg-raised ${className}`} />;
}

/** Wraps skeletons and announces that content is loading. */
export function Loading({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <div aria-busy="true">
      <span className="sr-only">Loading</span>
      {children}
    </div>
  );
}

const widths = ['w-3/5', 'w-2/5', 'w-1/2', 'w-1/3'];

export function SkeletonRows({ rows = 5 }: { readonly rows?: number }): ReactElement {
  return (
    <div className="divide-y divide-line">
      {Array.from({ length: rows }, (_none, row) => (
        <div key={row} className="flex h-12 items-center gap-4 px-4">
          <Skeleton className="size-4 shrink-0 rounded-full" />
          <Skeleton className={`h-3.5 ${widths[row % widths.length]}`} />
          <Skeleton className="ml-auto h-3.5 w-16" />
        </div>
      ))}
    </div>
  );
}
