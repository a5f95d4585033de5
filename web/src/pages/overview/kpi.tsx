import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import { Skeleton } from '../../components/skeleton.tsx';

/** A key figure with its parts and a link to its page. */
export function Kpi({
  label,
  value,
  note,
  to,
  children,
}: {
  readonly label: string;
  readonly value: ReactNode;
  readonly note: ReactNode;
  readonly to: '/jobs' | '/models';
  readonly children?: ReactNode;
}): ReactElement {
  return (
    <div className="group relative flex min-h-[8.625rem] flex-col rounded-lg border border-line bg-surface p-4 shadow-card transition-colors focus-within:border-accent/50 hover:border-muted/40">
      <h2 className="text-xs font-medium text-muted">
        <Link to={to} className="outline-offset-4 after:absolute after:inset-0 after:rounded-lg">
          {label}
        </Link>
      </h2>
      <p className="mt-1.5 text-3xl font-semibold tabular-nums">{value}</p>
      <div className="mt-auto flex items-end justify-between gap-3 pt-2">
        <p className="text-xs text-pretty text-muted tabular-nums">{note}</p>
        {children}
      </div>
    </div>
  );
}

export function KpiSkeleton(): ReactElement {
  return (
    <div className="flex min-h-[8.625rem] flex-col rounded-lg border border-line bg-surface p-4 shadow-card">
      <Skeleton className="h-3 w-24" />
      <Skeleton className="mt-3 h-8 w-20" />
      <Skeleton className="mt-auto h-3 w-36" />
    </div>
  );
}
