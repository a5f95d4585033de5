import { useQuery } from '@tanstack/react-query';
import type { ReactElement, ReactNode } from 'react';
import { Card } from '../../components/card.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { Loading } from '../../components/skeleton.tsx';
import { formatCount } from '../../lib/format.ts';
import { doctorQuery } from '../../lib/queries.ts';
import { ProblemList } from './problem-list.tsx';

/**
 * The doctor's faults above `children`; nothing when there are none. The children wait for the first answer, so that
 * they are not pushed down.
 */
export function BelowAttention(props: { readonly skeleton: ReactNode; readonly children: ReactNode }): ReactElement {
  const query = useQuery(doctorQuery);
  const { data } = query;
  if (!query.isFetched) return <Loading>{props.skeleton}</Loading>;
  const problems = data?.problems ?? [];
  const isBad = problems.some(({ severity }) => severity === 'critical');
  return (
    <>
      {(data === undefined || problems.length > 0) && (
        <Card
          title="Needs attention"
          note={data === undefined ? undefined : formatCount(problems.length)}
          isFlush
          tone={data === undefined ? undefined : isBad ? 'bad' : 'warn'}
          className="mb-4"
        >
          <QueryPanel query={query}>{() => <ProblemList problems={problems} />}</QueryPanel>
        </Card>
      )}
      {props.children}
    </>
  );
}
