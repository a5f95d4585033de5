import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { useRef } from 'react';
import { useToast } from '../../components/toast.tsx';
import { toApiError } from '../../lib/api.ts';
import { keys } from '../../lib/queries.ts';
import { randomKey } from '../../lib/random-key.ts';

/** A change of a dataset. Afterwards everything that is shown of datasets is read again; a failure is shown as a toast. */
export function useDatasetChange<Input, Result>(
  change: (input: Input, idempotencyKey: string) => Promise<Result>,
  onDone: (result: Result, input: Input) => unknown,
): UseMutationResult<Result, Error, Input> {
  const key = useRef(randomKey());
  const client = useQueryClient();
  const toast = useToast();
  return useMutation({
    mutationFn: (input: Input) => change(input, key.current),
    onSuccess: async (result, input) => {
      key.current = randomKey();
      await onDone(result, input);
      await Promise.all([
        client.invalidateQueries({ queryKey: keys.datasets }),
        client.invalidateQueries({ queryKey: ['dataset'] }),
      ]);
    },
    onError: (error) => {
      // The next try may differ.
      key.current = randomKey();
      const { title, message } = toApiError(error);
      toast({ tone: 'bad', title, detail: message });
    },
  });
}
