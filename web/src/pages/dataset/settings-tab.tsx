import { datasetNameSchema, datasetViewSchema, formatSize, type DatasetView } from '@artenic/core';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Field, Input, inputClass } from '../../components/field.tsx';
import { useToast } from '../../components/toast.tsx';
import { callApi, callForStatus } from '../../lib/api.ts';
import { datasetAddress } from '../../lib/dataset-queries.ts';
import { formatCount } from '../../lib/format.ts';
import { useDatasetChange } from './use-dataset-change.ts';

function About({ dataset }: { readonly dataset: DatasetView }): ReactElement {
  const [name, setName] = useState(dataset.name);
  const [description, setDescription] = useState(dataset.description);
  const navigate = useNavigate();
  const toast = useToast();
  const fault = datasetNameSchema.safeParse(name).error?.issues[0]?.message;
  const save = useDatasetChange(
    (json: { readonly name: string; readonly description: string }, idempotencyKey) =>
      callApi(datasetAddress(dataset.name), datasetViewSchema, { method: 'PATCH', json, idempotencyKey }),
    async (saved) => {
      toast({ tone: 'ok', title: 'Settings saved' });
      if (saved.name === dataset.name) return;
      await navigate({
        to: '/datasets/$name',
        params: { name: saved.name },
        search: { tab: 'settings' },
        replace: true,
      });
    },
  );
  const isSame = name === dataset.name && description === dataset.description;
  return (
    <Card title="Name and description">
      <form
        className="grid max-w-xl grid-cols-1 gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (fault === undefined && !isSame && !save.isPending) save.mutate({ name, description });
        }}
      >
        <Input
          label="Name"
          hint={
            name === dataset.name
              ? undefined
              : `Commands and new jobs have to use ${name || 'the new name'}. Jobs that were submitted keep their version.`
          }
          error={fault}
          isMono
          autoComplete="off"
          spellCheck={false}
          maxLength={63}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Field label="Description">
          {({ id, describedBy }) => (
            <textarea
              id={id}
              aria-describedby={describedBy}
              rows={4}
              maxLength={4000}
              value={description}
              onChange={(event) => setDescription(event.target.value)}
              className={`${inputClass} h-auto py-1.5`}
            />
          )}
        </Field>
        <div>
          <Button kind="primary" type="submit" disabled={isSame} isBusy={save.isPending}>
            Save changes
          </Button>
        </div>
      </form>
    </Card>
  );
}

function Archive({ dataset }: { readonly dataset: DatasetView }): ReactElement {
  const isArchived = dataset.status === 'archived';
  const toast = useToast();
  const change = useDatasetChange(
    (status: DatasetView['status'], idempotencyKey) =>
      callApi(datasetAddress(dataset.name, '/status'), datasetViewSchema, {
        ...{ method: 'PATCH', json: { status }, idempotencyKey },
      }),
    ({ status }) => toast({ tone: 'ok', title: status === 'archived' ? 'Dataset archived' : 'Dataset active again' }),
  );
  return (
    <Card title="Archive">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-xl text-sm text-muted">
          {isArchived
            ? 'This dataset gets no new versions. Its files can still be read, also by jobs.'
            : 'An archived dataset gets no new versions. Its files stay, and jobs can still read them.'}
        </p>
        <Button
          disabled={isArchived && dataset.version === null}
          icon={isArchived ? 'recover' : 'archive'}
          isBusy={change.isPending}
          onClick={() => change.mutate(isArchived ? 'active' : 'archived')}
        >
          {isArchived ? 'Make it active' : 'Archive dataset'}
        </Button>
      </div>
    </Card>
  );
}

function DeleteDialog({ dataset, onClose }: { readonly dataset: DatasetView; readonly onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const navigate = useNavigate();
  const toast = useToast();
  const remove = useDatasetChange(
    () => callForStatus(datasetAddress(dataset.name), { method: 'DELETE' }),
    async () => {
      toast({ tone: 'ok', title: `${dataset.name} deleted` });
      await navigate({ to: '/datasets', search: {} });
    },
  );
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Delete ${dataset.name}?`}
      footer={
        <>
          <Button kind="ghost" onClick={onClose}>
            Keep dataset
          </Button>
          <Button
            kind="danger"
            icon="trash"
            disabled={typed !== dataset.name}
            isBusy={remove.isPending}
            onClick={() => remove.mutate(undefined)}
          >
            Delete dataset
          </Button>
        </>
      }
    >
      <ul className="mb-4 list-disc space-y-1 pl-5 text-sm">
        <li>
          All {formatCount(dataset.version ?? 0)} versions and tags are deleted; the newest has{' '}
          {formatCount(dataset.files)} files ({formatSize(dataset.bytes)}).
        </li>
        <li>Contents that no other dataset and no job needs are removed from the storage later.</li>
        <li>Models and jobs keep their record of the version, without a way to its files.</li>
        <li>This cannot be undone.</li>
      </ul>
      <Input
        label={`Type ${dataset.name} to confirm`}
        isMono
        autoComplete="off"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </Dialog>
  );
}

export function SettingsTab({ dataset }: { readonly dataset: DatasetView }): ReactElement {
  const [isDeleting, setIsDeleting] = useState(false);
  return (
    <div className="grid grid-cols-1 gap-4">
      <About key={`${dataset.name}\n${dataset.description}`} dataset={dataset} />
      <Archive dataset={dataset} />
      <Card title="Delete" tone="bad">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <p className="max-w-xl text-sm text-muted">Deletes the dataset with all versions, for good.</p>
          <Button kind="danger" icon="trash" onClick={() => setIsDeleting(true)}>
            Delete dataset
          </Button>
        </div>
      </Card>
      {isDeleting && <DeleteDialog dataset={dataset} onClose={() => setIsDeleting(false)} />}
    </div>
  );
}
