import { jobViewSchema, type JobFile, type JobView } from '@artenic/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useToast } from '../../components/toast.tsx';
import { specOf, type Holdings, type Progress } from '../../features/dispatch/materials.ts';
import { callApi, toApiError, type ApiError } from '../../lib/api.ts';
import { keys } from '../../lib/queries.ts';
import { randomKey } from '../../lib/random-key.ts';

type Order = { readonly file: JobFile; readonly holdings: Holdings };
export type Dispatch = {
  readonly send: (order: Order) => void;
  readonly isBusy: boolean;
  readonly progress: Progress | null;
  readonly refusal: ApiError | null;
  readonly reset: () => void;
};

/** Packs, uploads and submits. A repeated submit (double click, lost answer) creates no second job. */
export function useDispatch(): Dispatch {
  const client = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const [progress, setProgress] = useState<Progress | null>(null);
  const sent = useRef<{ readonly text: string; readonly key: string } | null>(null);
  // A second click comes before React has drawn the first.
  const isSending = useRef(false);
  const mutation = useMutation({
    mutationFn: async ({ file, holdings }: Order): Promise<JobView> => {
      const spec = await specOf(file, holdings, setProgress);
      const text = JSON.stringify(spec);
      if (sent.current?.text !== text) sent.current = { text, key: randomKey() };
      const idempotencyKey = sent.current.key;
      return callApi('/api/v1/jobs', jobViewSchema, { method: 'POST', json: spec, idempotencyKey });
    },
    onSuccess: async (job) => {
      client.setQueryData(keys.jobSelf(job.id), job);
      void client.invalidateQueries({ queryKey: keys.jobs });
      toast({ tone: 'ok', title: 'Job dispatched', detail: `${job.service} is ${job.state}` });
      await navigate({ to: '/jobs/$jobId', params: { jobId: job.id } });
    },
    onSettled: () => {
      isSending.current = false;
      setProgress(null);
    },
  });
  return {
    send: (order) => {
      if (isSending.current) return;
      isSending.current = true;
      mutation.mutate(order);
    },
    isBusy: mutation.isPending,
    progress,
    refusal: mutation.error === null ? null : toApiError(mutation.error),
    reset: mutation.reset,
  };
}
