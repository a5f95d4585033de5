import { isTerminalJobState, type JobView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState, type ReactElement } from 'react';
import { Button, buttonClass } from '../../components/button.tsx';
import { Icon } from '../../components/icon.tsx';
import { Tooltip } from '../../components/tooltip.tsx';
import { usePageActions } from '../../lib/page-actions.ts';
import { platformQuery } from '../../lib/queries.ts';
import { JobSignals } from './job-signals.tsx';

const CancelDialog = lazy(() => import('./cancel-job.tsx').then((m) => ({ default: m.CancelJob })));
const CompareWithDialog = lazy(() => import('./compare-with.tsx').then((m) => ({ default: m.CompareWith })));

function Compare({ job }: { readonly job: JobView }): ReactElement {
  const [isOpen, setIsOpen] = useState(false);
  usePageActions([{ title: 'Compare this job with…', icon: 'chart', run: () => setIsOpen(true) }]);
  return (
    <>
      <Button kind="ghost" icon="chart" onClick={() => setIsOpen(true)}>
        Compare with…
      </Button>
      {isOpen && (
        <Suspense>
          <CompareWithDialog job={job} onClose={() => setIsOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

function Cancel({ job }: { readonly job: JobView }): ReactElement {
  const [isOpen, setIsOpen] = useState(false);
  const isAsked = job.cancelRequestedAt !== null;
  const title = isAsked ? 'End this job now' : 'Cancel this job';
  usePageActions([{ title, icon: 'stop', run: () => setIsOpen(true) }]);
  return (
    <>
      <Button kind="danger" icon="stop" onClick={() => setIsOpen(true)}>
        {isAsked ? 'End now' : 'Cancel job'}
      </Button>
      {isOpen && (
        <Suspense>
          <CancelDialog job={job} onClose={() => setIsOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

export function JobActions({ job }: { readonly job: JobView }): ReactElement {
  const { data: platform } = useQuery(platformQuery);
  const navigate = useNavigate();
  const again = { from: job.id };
  const temporal =
    platform?.temporalUi === undefined || platform.temporalUi === null
      ? null
      : `${platform.temporalUi.replace(/\/$/, '')}/namespaces/${platform.temporalNamespace}/workflows/${encodeURIComponent(job.workflowId)}`;
  usePageActions([
    { title: 'Run this job again', icon: 'recover', run: () => void navigate({ to: '/jobs/new', search: again }) },
    ...(temporal === null
      ? []
      : [
          {
            ...{ title: 'Workflow of this job in Temporal', icon: 'branch' as const },
            run: () => void window.open(temporal, '_blank', 'noreferrer'),
          },
        ]),
  ]);
  return (
    <>
      {temporal !== null && (
        <Tooltip text="The job’s steps, retries and history in Temporal’s Web UI">
          <a href={temporal} target="_blank" rel="noreferrer" className={buttonClass('ghost')}>
            <Icon name="branch" />
            Workflow
            <Icon name="external" className="size-3.5" />
            <span className="sr-only">in Temporal (opens a new tab)</span>
          </a>
        </Tooltip>
      )}
      <Compare job={job} />
      <Link to="/jobs/new" search={again} className={buttonClass('secondary')}>
        <Icon name="recover" />
        Run again
      </Link>
      {!isTerminalJobState(job.state) && job.cancelRequestedAt === null && <JobSignals job={job} />}
      {!isTerminalJobState(job.state) && <Cancel job={job} />}
    </>
  );
}
