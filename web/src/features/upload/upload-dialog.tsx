import { datasetNameSchema, datasetViewSchema, formatSize, type DatasetView } from '@artenic/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState, type ReactElement } from 'react';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Input } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { callApi, toApiError } from '../../lib/api.ts';
import { formatCount } from '../../lib/format.ts';
import { keys } from '../../lib/queries.ts';
import { randomKey } from '../../lib/random-key.ts';
import type { ChosenFolder } from './chosen-folder.ts';
import type { PathFault } from './path-faults.ts';
import { startUpload } from './uploads.ts';

const shownFaults = 50;
const shownLeftOut = 4;

/** A name that a dataset may have, made from the name of a folder. */
function nameOfFolder(folder: string): string {
  return folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/g, '-')
    .replaceAll(/^[._-]{1,63}/g, '')
    .slice(0, 63);
}

function Faults({ faults }: { readonly faults: readonly PathFault[] }): ReactElement {
  return (
    <div role="alert" className="rounded-md border border-bad/40 bg-bad/5 p-3 text-sm">
      <p className="flex items-start gap-2 font-medium text-bad">
        <Icon name="warning" className="mt-0.5 size-4" />
        {faults.length === 1 ? '1 file has' : `${formatCount(faults.length)} files have`} a name that a dataset refuses.
      </p>
      <p className="mt-1 text-xs text-muted">
        Rename them, or leave them out by a line in .artenicignore, and drop the folder again.
      </p>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolls by keyboard */}
      <ul aria-label="Refused names" tabIndex={0} className="mt-2 max-h-40 space-y-1 overflow-y-auto text-xs">
        {faults.slice(0, shownFaults).map(({ path, problem }) => (
          <li key={`${path} ${problem}`} className="break-words">
            <code className="font-mono font-medium break-all">{path}</code> {problem}
          </li>
        ))}
        {faults.length > shownFaults && <li>and {formatCount(faults.length - shownFaults)} more</li>}
      </ul>
    </div>
  );
}

function LeftOut({ names }: { readonly names: readonly string[] }): ReactElement | null {
  if (names.length === 0) return null;
  return (
    <p className="text-xs break-words text-muted" title={names.slice(0, shownFaults).join('\n')}>
      Left out: {names.slice(0, shownLeftOut).join(', ')}
      {names.length > shownLeftOut && ` and ${formatCount(names.length - shownLeftOut)} more`}
    </p>
  );
}

type Form = { readonly name: string; readonly message: string; readonly keep: boolean };

/** Creates the dataset unless there is one, starts the upload and opens the dataset's page. */
function useStart(dataset: DatasetView | null, folder: ChosenFolder, onClose: () => void) {
  const key = useRef(randomKey());
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async ({ name, message, keep }: Form) => {
      const target =
        dataset ??
        (await callApi('/api/v1/datasets', datasetViewSchema, {
          ...{ method: 'POST', json: { name }, idempotencyKey: key.current },
        }));
      await startUpload(target, folder, { message, keep });
      return target;
    },
    onSuccess: async ({ name }) => {
      onClose();
      if (dataset !== null) return;
      await client.invalidateQueries({ queryKey: keys.datasets });
      await navigate({ to: '/datasets/$name', params: { name }, search: {} });
    },
    onError: () => {
      // The next try may have another name.
      key.current = randomKey();
    },
  });
}

function Keep(props: { readonly keep: boolean; readonly onChange: (keep: boolean) => void }): ReactElement {
  const choices = [
    [false, 'Replace', 'The version has exactly the files of the folder; others are removed.'],
    [true, 'Add', 'Files that the folder lacks stay in the version.'],
  ] as const;
  return (
    <fieldset className="space-y-1.5">
      <legend className="mb-1.5 text-xs font-medium">Files that the folder lacks</legend>
      {choices.map(([value, word, detail]) => (
        <label key={word} className="flex items-start gap-2 text-sm">
          <input
            type="radio"
            name="keep"
            checked={props.keep === value}
            onChange={() => props.onChange(value)}
            className="mt-0.5 size-4 accent-accent"
          />
          <span>
            {word} <span className="text-xs text-muted">{detail}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

type FieldsProps = {
  readonly dataset: DatasetView | null;
  readonly folder: ChosenFolder;
  readonly form: Form;
  readonly fault: string | undefined;
  readonly refused: string | undefined;
  readonly onChange: (change: Partial<Form>) => void;
};

function Fields({ dataset, folder, form, fault, refused, onChange }: FieldsProps): ReactElement {
  return (
    <>
      {folder.faults.length > 0 && <Faults faults={folder.faults} />}
      {folder.files.length === 0 && (
        <p role="alert" className="text-sm text-bad">
          The folder has no files, or .artenicignore leaves all of them out.
        </p>
      )}
      {dataset === null && (
        <Input
          label="Name"
          error={refused ?? fault}
          isMono
          autoComplete="off"
          spellCheck={false}
          maxLength={63}
          value={form.name}
          onChange={({ target }) => onChange({ name: target.value })}
        />
      )}
      <Input
        label="Message"
        placeholder="What is new in this version"
        maxLength={2000}
        error={dataset === null ? undefined : refused}
        value={form.message}
        onChange={({ target }) => onChange({ message: target.value })}
      />
      {dataset !== null && dataset.version !== null && (
        <Keep keep={form.keep} onChange={(keep) => onChange({ keep })} />
      )}
      <LeftOut names={folder.leftOut} />
    </>
  );
}

const amountOf = ({ name, files, bytes }: ChosenFolder): string =>
  `${name}: ${formatCount(files.length)} ${files.length === 1 ? 'file' : 'files'}, ${formatSize(bytes)}.`;

/** Asks for name and message of an upload, and shows its files and faults. */
export function UploadDialog(props: {
  /** Null: a new dataset. */
  readonly dataset: DatasetView | null;
  readonly folder: ChosenFolder;
  readonly onClose: () => void;
}): ReactElement {
  const { dataset, folder, onClose } = props;
  const [form, setForm] = useState<Form>({ name: nameOfFolder(folder.name), message: '', keep: false });
  const start = useStart(dataset, folder, onClose);
  const fault = dataset === null ? datasetNameSchema.safeParse(form.name).error?.issues[0]?.message : undefined;
  const refused = start.error === null ? undefined : toApiError(start.error).message;
  const isStopped = folder.faults.length > 0 || folder.files.length === 0;
  const next = (dataset?.version ?? 0) + 1;
  const change = (changed: Partial<Form>): void => {
    start.reset();
    setForm({ ...form, ...changed });
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={dataset === null ? 'New dataset from a folder' : `Upload version ${next} of ${dataset.name}`}
      description={`${amountOf(folder)} Only files that the server lacks are sent.`}
      footer={
        <>
          <Button kind="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button
            {...{ kind: 'primary', icon: 'upload', type: 'submit', form: 'upload-folder' }}
            disabled={isStopped}
            isBusy={start.isPending}
          >
            Upload folder
          </Button>
        </>
      }
    >
      <form
        id="upload-folder"
        className="grid grid-cols-1 gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (fault === undefined && !isStopped && !start.isPending) start.mutate(form);
        }}
      >
        <Fields {...{ dataset, folder, form, fault, refused }} onChange={change} />
      </form>
    </Dialog>
  );
}
