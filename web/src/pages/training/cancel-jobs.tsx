import { cancelJobsAnswerSchema, shortId, type CancelJobsAnswer } from '@artenic/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, type ReactElement } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Icon } from '../../components/icon.tsx';
import { useToast } from '../../components/toast.tsx';
import { callApi, toApiError } from '../../lib/api.ts';
import { formatCount } from '../../lib/format.ts';
import { keys } from '../../lib/queries.ts';
import { randomKey } from '../../lib/random-key.ts';
import type { Chosen } from './use-selection.ts';

const shownNames = 5;
/** Jobs are cancelled one after the other, at most a thousand. */
const timeoutMs = 120_000;

const jobsText = (count: number): string => `${formatCount(count)} ${count === 1 ? 'job' : 'jobs'}`;

/** Ids that were refused, each with its reason. */
function Refused({ answer, jobs }: { readonly answer: CancelJobsAnswer; readonly jobs: readonly Chosen[] }) {
  const names = new Map(jobs.map(({ id, name }) => [id, name]));
  return (
    <>
      <p role="alert" className="flex items-start gap-2 text-sm text-warn">
        <Icon name="warning" className="mt-0.5 size-4" />
        {answer.requested.length === 0
          ? 'No job was cancelled.'
          : `Cancelling ${jobsText(answer.requested.length)}.`}{' '}
        Refused: {jobsText(answer.refused.length)}.
      </p>
      <ul aria-label="Refused" className="mt-3 max-h-64 divide-y divide-line overflow-y-auto text-sm">
        {answer.refused.map(({ id, detail }) => (
          <li key={id} className="py-2">
            <span className="font-medium">{names.get(id)}</span>{' '}
            <code className="font-mono text-xs text-muted">{shortId(id)}</code>
            <p className="text-xs break-words text-muted">{detail}</p>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Asks once more, cancels the jobs in one request, and shows which ones were refused. */
export function CancelJobs(props: {
  readonly jobs: readonly Chosen[];
  readonly onClose: () => void;
  readonly onDone: () => void;
}): ReactElement {
  const { jobs, onClose, onDone } = props;
  // The same key for every try of this dialog: a request whose answer was lost is not done twice.
  const key = useRef(randomKey());
  const client = useQueryClient();
  const toast = useToast();
  const cancel = useMutation({
    mutationFn: () =>
      callApi('/api/v1/jobs/cancel', cancelJobsAnswerSchema, {
        method: 'POST',
        json: { ids: jobs.map(({ id }) => id) },
        idempotencyKey: key.current,
        timeoutMs,
      }),
    onSuccess: ({ requested, refused }) => {
      void client.invalidateQueries({ queryKey: keys.jobs });
      onDone();
      if (refused.length > 0) return;
      toast({
        tone: 'ok',
        title: `Cancelling ${jobsText(requested.length)}`,
        detail: 'Each may save a last checkpoint.',
      });
      onClose();
    },
  });
  const { data: answer, error } = cancel;
  const names = jobs.slice(0, shownNames);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={answer === undefined ? `Cancel ${jobsText(jobs.length)}?` : 'Not all jobs were cancelled'}
      footer={
        answer === undefined ? (
          <>
            <Button kind="ghost" onClick={onClose}>
              Keep running
            </Button>
            <Button kind="danger" icon="stop" isBusy={cancel.isPending} onClick={() => cancel.mutate()}>
              {error === null ? `Cancel ${jobsText(jobs.length)}` : 'Retry'}
            </Button>
          </>
        ) : (
          <Button onClick={onClose}>Close</Button>
        )
      }
    >
      {answer === undefined ? (
        <div className="space-y-3 text-sm">
          <p>
            Each job is asked to stop, gets its grace to save a checkpoint, and ends as cancelled. Files are kept. A
            cancelled job cannot be resumed.
          </p>
          <ul aria-label="Jobs to cancel" className="list-inside list-disc text-muted">
            {names.map(({ id, name }) => (
              <li key={id} className="truncate">
                {name} <code className="font-mono text-xs">{shortId(id)}</code>
              </li>
            ))}
          </ul>
          {jobs.length > names.length && (
            <p className="text-muted">and {formatCount(jobs.length - names.length)} more</p>
          )}
          {error !== null && (
            <p role="alert" className="text-bad">
              {toApiError(error).title}: {toApiError(error).message}
            </p>
          )}
        </div>
      ) : (
        <Refused answer={answer} jobs={jobs} />
      )}
    </Dialog>
  );
}
