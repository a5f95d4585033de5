import { decisionLines, decisionTitle, type JobView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Card } from '../../components/card.tsx';
import { Icon } from '../../components/icon.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { toneText } from '../../components/status-dot.tsx';
import { decisionIcon, decisionReason, policyWords } from '../../features/decisions/decision-words.ts';
import { decisionsQuery } from '../../lib/queries.ts';
import { useNow } from '../../lib/use-now.ts';

/** Why each attempt was made. Renders nothing for a job with a single decision: the timeline already says as much. */
export function JobDecisions({ job }: { readonly job: JobView }): ReactElement | null {
  const { data: decisions = [] } = useQuery(decisionsQuery(job.id));
  const nowMs = useNow(5000, job.finishedAt === null);
  if (decisions.filter(({ kind }) => kind !== 'finish').length < 2) return null;
  const lines = decisionLines(decisions, job.finishedAt === null ? nowMs : Date.parse(job.finishedAt));
  const policy = lines.at(-1)?.policy;
  return (
    <Card title="Decisions" note={policy === undefined ? '' : policyWords(policy)}>
      <ol className="grid gap-3">
        {lines.toReversed().map((line, index) => {
          const { icon, tone } = decisionIcon(line.kind, job.state);
          const isOpen = index === 0 && job.finishedAt === null;
          return (
            <li key={line.id} className="flex items-start gap-2.5 text-sm">
              <Icon name={icon} className={`mt-0.5 size-4 shrink-0 ${toneText[tone]}`} />
              <div className="min-w-0">
                <p className="font-medium">
                  {decisionTitle(line, isOpen)}{' '}
                  <span className="text-xs font-normal text-muted">
                    <RelativeTime at={line.lastAt} />
                  </span>
                </p>
                <p className="text-xs break-words text-muted">{decisionReason(line)}</p>
              </div>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}
