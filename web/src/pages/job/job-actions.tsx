import { shortId, isTerminalJobState, jobViewSchema, type JobView } from '@artenic/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useRef, useState, type ReactElement } from 'react';
import { Button, buttonClass } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Icon } from '../../components/icon.tsx';
import { Tooltip } from '../../components/tooltip.tsx';
import { useToast } from '../../components/toast.tsx';
import { callApi, toApiError } from '../../lib/api.ts';
import { usePageActions } from '../../lib/page-actions.ts';
import { keys, platformQuery } from '../../lib/queries.ts';
import { randomKey } from '../../lib/random-key.ts';
import { JobSignals } from './job-signals.tsx';

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

function CancelJob({ job }: { readonly job: JobView }): ReactElement {
  const [isOpen, setIsOpen] = useState(false);
  const key = useRef(randomKey());
  const client = useQueryClient();
  const toast = useToast();
  usePageActions([{ title: 'Cancel this job', icon: 'stop', run: () => setIsOpen(true) }]);
  const cancel = useMutation({
    mutationFn: () =>
      callApi(`/api/v1/jobs/${job.id}/cancel`, jobViewSchema, { method: 'POST', idempotencyKey: key.current }),
    onSuccess: (changed) => {
      setIsOpen(false);
      client.setQueryData(keys.jobSelf(job.id), changed);
      toast({ tone: 'ok', title: 'Cancelling the job', detail: 'It may save a last checkpoint first.' });
    },
    onError: (error) => toast({ tone: 'bad', title: toApiError(error).title, detail: toApiError(error).message }),
  });
  return (
    <>
      <Button kind="danger" icon="stop" onClick={() => setIsOpen(true)}>
        Cancel job
      </Button>
      <Dialog
        isOpen={isOpen}
        onClose={() => setIsOpen(false)}
        title="Cancel this job?"
        footer={
          <>
            <Button kind="ghost" onClick={() => setIsOpen(false)}>
              Keep running
            </Button>
            <Button kind="danger" icon="stop" isBusy={cancel.isPending} onClick={() => cancel.mutate()}>
              Cancel the job
            </Button>
          </>
        }
      >
        <p className="text-sm">
          <strong className="font-semibold">{job.service}</strong>{' '}
          <code className="font-mono text-xs">{shortId(job.id)}</code> is asked to stop, gets{' '}
          {job.spec.stopGraceSeconds} s to save a checkpoint, and ends as cancelled. Files are kept. A cancelled job
          cannot be resumed.
        </p>
      </Dialog>
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
      {!isTerminalJobState(job.state) && job.cancelRequestedAt === null && (
        <>
          <JobSignals job={job} />
          <CancelJob job={job} />
        </>
      )}
    </>
  );
}
