import { jobViewSchema, lostSinceCheckpoint, shortId, type JobView } from '@artenic/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useRef, useState, type ReactElement } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { useToast } from '../../components/toast.tsx';
import { callApi, toApiError } from '../../lib/api.ts';
import { attemptsQuery, keys } from '../../lib/queries.ts';
import { randomKey } from '../../lib/random-key.ts';
import { useNow } from '../../lib/use-now.ts';

type Props = { readonly job: JobView; readonly onClose: () => void };

/** Asks how a job is cancelled. A job that is already being cancelled can only be ended without its grace. */
export function CancelJob({ job, onClose }: Props): ReactElement {
  const isAsked = job.cancelRequestedAt !== null;
  const [now, setNow] = useState(isAsked);
  // Another choice is another request.
  const sent = useRef({ now, key: randomKey() });
  if (sent.current.now !== now) sent.current = { now, key: randomKey() };
  const hintId = useId();
  const client = useQueryClient();
  const toast = useToast();
  const nowMs = useNow(1000);
  const { data: attempts = [] } = useQuery(attemptsQuery(job.id));
  const lost = lostSinceCheckpoint(attempts, nowMs);
  const cancel = useMutation({
    mutationFn: () =>
      callApi(`/api/v1/jobs/${job.id}/cancel`, jobViewSchema, {
        ...{ method: 'POST', idempotencyKey: sent.current.key },
        ...(now ? { json: { now } } : {}),
      }),
    onSuccess: (changed) => {
      onClose();
      client.setQueryData(keys.jobSelf(job.id), changed);
      const detail = now ? 'The machine ends without a last checkpoint.' : 'It may save a last checkpoint first.';
      toast({ tone: 'ok', title: 'Cancelling the job', detail });
    },
    onError: (error) => toast({ tone: 'bad', title: toApiError(error).title, detail: toApiError(error).message }),
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={isAsked ? 'End this job now?' : 'Cancel this job?'}
      footer={
        <>
          <Button kind="ghost" onClick={onClose}>
            {isAsked ? 'Keep waiting' : 'Keep running'}
          </Button>
          <Button kind="danger" icon="stop" isBusy={cancel.isPending} onClick={() => cancel.mutate()}>
            {now ? 'End the job now' : 'Cancel the job'}
          </Button>
        </>
      }
    >
      <p className="text-sm">
        <strong className="font-semibold">{job.service}</strong>{' '}
        <code className="font-mono text-xs">{shortId(job.id)}</code>{' '}
        {now ? 'ends at once' : `is asked to stop, gets ${job.spec.stopGraceSeconds} s to save a checkpoint, and ends`}{' '}
        as cancelled. Files are kept. A cancelled job cannot be resumed.
      </p>
      {!isAsked && (
        <label className="mt-3 flex items-center gap-2 text-sm">
          <input
            type="checkbox"
            className="size-4 accent-accent"
            checked={now}
            aria-describedby={hintId}
            onChange={(event) => setNow(event.currentTarget.checked)}
          />
          End now, without the grace for a last checkpoint
        </label>
      )}
      <p id={hintId} className="mt-1 min-h-10 text-sm text-muted">
        {now ? (lost ?? 'No training is running, so no work is lost.') : ''}
      </p>
    </Dialog>
  );
}
