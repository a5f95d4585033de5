import type { ReactElement, ReactNode } from 'react';

export function DetailList({ children }: { readonly children: ReactNode }): ReactElement {
  return <dl className="divide-y divide-line">{children}</dl>;
}

export function DetailRow({ label, children }: { readonly label: string; readonly children: ReactNode }): ReactElement {
  return (
    <div className="grid grid-cols-1 items-baseline gap-x-3 gap-y-0.5 sm:grid-cols-[8.5rem_minmax(0,1fr)] px-4 py-2 text-sm">
      <dt className="text-muted">{label}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}
