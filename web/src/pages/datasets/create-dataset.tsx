import { datasetNameSchema, datasetViewSchema } from '@artenic/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState, type ReactElement } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Input } from '../../components/field.tsx';
import { callApi, toApiError } from '../../lib/api.ts';
import { keys } from '../../lib/queries.ts';
import { randomKey } from '../../lib/random-key.ts';

/** Why a dataset cannot have this name. */
function nameFault(name: string): string | undefined {
  return datasetNameSchema.safeParse(name).error?.issues[0]?.message;
}

/** Creates an empty dataset and opens its page, where a folder can be dropped. */
export function CreateDataset({ onClose }: { readonly onClose: () => void }): ReactElement {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [wasSent, setWasSent] = useState(false);
  const key = useRef(randomKey());
  const client = useQueryClient();
  const navigate = useNavigate();
  const create = useMutation({
    mutationFn: () =>
      callApi('/api/v1/datasets', datasetViewSchema, {
        ...{ method: 'POST', json: { name, description }, idempotencyKey: key.current },
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.datasets });
      await navigate({ to: '/datasets/$name', params: { name }, search: {} });
    },
    onError: () => {
      // The next try may have another name.
      key.current = randomKey();
    },
  });
  const fault = nameFault(name);
  const refused = create.error === null ? undefined : toApiError(create.error).message;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Create a dataset"
      description="It is empty at first. A folder dropped on its page becomes version 1."
      footer={
        <>
          <Button kind="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" icon="plus" type="submit" form="create-dataset" isBusy={create.isPending}>
            Create dataset
          </Button>
        </>
      }
    >
      <form
        id="create-dataset"
        className="grid grid-cols-1 gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setWasSent(true);
          if (fault === undefined && !create.isPending) create.mutate();
        }}
      >
        <Input
          label="Name"
          hint="Jobs and commands use it, as in reviews@latest."
          error={refused ?? (wasSent ? fault : undefined)}
          isMono
          autoComplete="off"
          spellCheck={false}
          maxLength={63}
          value={name}
          onChange={(event) => {
            create.reset();
            setName(event.target.value);
          }}
        />
        <Input
          label="Description"
          maxLength={4000}
          value={description}
          onChange={(event) => setDescription(event.target.value)}
        />
      </form>
    </Dialog>
  );
}
