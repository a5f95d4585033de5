import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { doctorQuery } from '../../lib/queries.ts';

/** Number of faults that a page shows, as a red badge at its navigation entry; nothing without faults. */
export function AttentionCount({
  page,
  className,
}: {
  readonly page: string;
  readonly className: string;
}): ReactElement | null {
  const { data } = useQuery(doctorQuery);
  const problems = data?.problems ?? [];
  const shown =
    page === '/' ? problems : page === '/providers' ? problems.filter(({ provider }) => provider !== null) : [];
  if (shown.length === 0) return null;
  return (
    <span className={`rounded-full bg-bad px-1.5 text-xs font-semibold text-canvas tabular-nums ${className}`}>
      {shown.length}
      <span className="sr-only"> {shown.length === 1 ? 'problem needs' : 'problems need'} attention</span>
    </span>
  );
}
