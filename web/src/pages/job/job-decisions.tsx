import type { DecisionView, JobView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Card } from '../../components/card.tsx';
import { Icon, type IconName } from '../../components/icon.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { decisionsQuery } from '../../lib/queries.ts';

const icons: Readonly<Record<DecisionView['kind'], IconName>> = {
  launch: 'play',
  wait: 'hourglass',
  watch: 'search',
  replace: 'play',
  finish: 'check',
};

function title({ kind, attempt }: DecisionView): string {
  switch (kind) {
    case 'launch':
      return `Launch attempt ${attempt ?? ''}`;
    case 'replace':
      return `Replace by attempt ${attempt ?? ''}`;
    case 'wait':
      return 'Wait';
    case 'watch':
      return 'Go on';
    case 'finish':
      return 'Finish';
    default:
      return kind satisfies never;
  }
}

/** Why each attempt was made. Renders nothing for a job with a single decision: the timeline already says as much. */
export function JobDecisions({ job }: { readonly job: JobView }): ReactElement | null {
  const { data: decisions = [] } = useQuery(decisionsQuery(job.id));
  if (decisions.filter(({ kind }) => kind !== 'finish').length < 2) return null;
  return (
    <Card title="Decisions" note={decisions.at(-1)?.policyVersion ?? ''}>
      <ol className="grid gap-3">
        {decisions.toReversed().map((decision) => (
          <li key={decision.decision} className="flex items-start gap-2.5 text-sm">
            <Icon name={icons[decision.kind]} className="mt-0.5 size-4 shrink-0 text-muted" />
            <div className="min-w-0">
              <p className="font-medium">
                {title(decision)}{' '}
                <span className="text-xs font-normal text-muted">
                  <RelativeTime at={decision.decidedAt} />
                </span>
              </p>
              <p className="text-xs break-words text-muted">{decision.reason}</p>
            </div>
          </li>
        ))}
      </ol>
    </Card>
  );
}
