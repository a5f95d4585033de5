import { signalAnswerSchema, type JobView, type SignalName } from '@artenic/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { Button } from '../../components/button.tsx';
import { Tooltip } from '../../components/tooltip.tsx';
import { useToast } from '../../components/toast.tsx';
import { callApi, toApiError } from '../../lib/api.ts';
import { keys } from '../../lib/queries.ts';
import { randomKey } from '../../lib/random-key.ts';

type Told = Extract<SignalName, 'checkpoint-now' | 'hold' | 'release'>;

const done: Readonly<Record<Told, { readonly title: string; readonly detail: string }>> = {
  'checkpoint-now': { title: 'Checkpoint requested', detail: 'It will appear on the timeline once saved.' },
  hold: { title: 'Job on hold', detail: 'The current attempt continues; no new attempts start.' },
  release: { title: 'Job released', detail: 'New attempts may start again.' },
};

/** Signals that a person may send to a job, besides cancelling it. */
export function JobSignals({ job }: { readonly job: JobView }): ReactElement {
  const client = useQueryClient();
  const toast = useToast();
  const { mutate, isPending, variables } = useMutation({
    mutationFn: (name: Told) =>
      callApi(`/api/v1/jobs/${job.id}/signals/${name}`, signalAnswerSchema, {
        method: 'POST',
        json: { id: randomKey() },
      }),
    onSuccess: ({ name, heldAt }) => {
      client.setQueryData<JobView>(keys.jobSelf(job.id), (old) => (old === undefined ? old : { ...old, heldAt }));
      void client.invalidateQueries({ queryKey: keys.jobSelf(job.id) });
      toast({ tone: 'ok', ...done[name as Told] });
    },
    onError: (error) => toast({ tone: 'bad', title: toApiError(error).title, detail: toApiError(error).message }),
  });
  const isBusy = (name: Told): boolean => isPending && variables === name;
  return (
    <>
      {job.state === 'running' && (
        <Tooltip text="Ask the command to save a checkpoint and continue">
          <Button
            kind="ghost"
            icon="archive"
            isBusy={isBusy('checkpoint-now')}
            onClick={() => mutate('checkpoint-now')}
          >
            Checkpoint now
          </Button>
        </Tooltip>
      )}
      {job.heldAt === null ? (
        <Tooltip text="The current attempt continues; no new attempts start">
          <Button kind="ghost" icon="pause" isBusy={isBusy('hold')} onClick={() => mutate('hold')}>
            Hold
          </Button>
        </Tooltip>
      ) : (
        <Button kind="secondary" icon="play" isBusy={isBusy('release')} onClick={() => mutate('release')}>
          Release
        </Button>
      )}
    </>
  );
}
