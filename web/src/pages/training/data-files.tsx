import { formatSize } from '@artenic/core';
import { useId, useState, type ReactElement } from 'react';
import { IconButton } from '../../components/button.tsx';
import { inputClass } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import type { JsonProblem } from '../../components/json/json-text.ts';
import { toApiError } from '../../lib/api.ts';
import { sha256Of } from '../../lib/upload.ts';
import { dataOf, type DataItem } from './spec-draft.ts';
import type { Draft } from './spec-draft.ts';

/** Files to upload when the job is submitted, by the SHA-256 of their content. */
export type ChosenFiles = ReadonlyMap<string, File>;

type DataFilesProps = {
  readonly draft: Draft;
  readonly chosen: ChosenFiles;
  readonly onChange: (items: readonly DataItem[], chosen: ChosenFiles) => void;
  readonly problems: readonly JsonProblem[];
};

function Row({
  item,
  file,
  problem,
  onName,
  onRemove,
}: {
  readonly item: DataItem;
  readonly file: File | undefined;
  readonly problem: string | undefined;
  readonly onName: (name: string) => void;
  readonly onRemove: () => void;
}): ReactElement {
  const id = useId();
  return (
    <li className="flex flex-col gap-1">
      <div className="flex items-center gap-2">
        <Icon name="data" className="size-4 shrink-0 text-muted" />
        <input
          aria-label="Path under ARTENIC_DATA_DIR"
          aria-invalid={problem !== undefined}
          aria-describedby={problem === undefined ? undefined : id}
          spellCheck={false}
          autoComplete="off"
          value={item.name}
          onChange={(event) => onName(event.target.value)}
          className={`${inputClass} min-w-0 flex-1 font-mono`}
        />
        <span className="w-28 shrink-0 truncate text-right text-xs text-muted tabular-nums">
          {file === undefined ? `${item.sha256.slice(0, 12)}…` : formatSize(file.size)}
        </span>
        <IconButton icon="cross" label={`Leave out ${item.name}`} onClick={onRemove} />
      </div>
      {problem !== undefined && (
        <p id={id} className="text-xs text-bad">
          {problem}
        </p>
      )}
    </li>
  );
}

/** The data of a job: newly chosen files, and files of an earlier job. */
export function DataFiles({ draft, chosen, onChange, problems }: DataFilesProps): ReactElement {
  const id = useId();
  const [failure, setFailure] = useState<string | null>(null);
  const items = dataOf(draft);
  const add = async (files: readonly File[]): Promise<void> => {
    try {
      const hashes = await Promise.all(files.map(sha256Of));
      const added = files.map((file, index) => ({ name: file.name, sha256: hashes[index] ?? '' }));
      const kept = items.filter(({ name }) => !added.some((one) => one.name === name));
      onChange(
        [...kept, ...added],
        new Map([...chosen, ...hashes.map((hash, index) => [hash, files[index]] as [string, File])]),
      );
      setFailure(null);
    } catch (error) {
      setFailure(toApiError(error).message);
    }
  };
  const replace = (at: number, next: readonly DataItem[]): void =>
    onChange([...items.slice(0, at), ...next, ...items.slice(at + 1)], chosen);
  return (
    <div className="flex flex-col gap-1.5">
      <span className="text-xs font-medium">Data</span>
      {items.length > 0 && (
        <ul className="flex flex-col gap-2" aria-label="Data files">
          {items.map((item, at) => (
            <Row
              // Keyed by index, because a name changes while the user types it.
              // oxlint-disable-next-line react/no-array-index-key
              key={at}
              item={item}
              file={chosen.get(item.sha256)}
              problem={problems.find(({ pointer }) => pointer.startsWith(`/data/${at}`))?.message}
              onName={(name) => replace(at, [{ ...item, name }])}
              onRemove={() => replace(at, [])}
            />
          ))}
        </ul>
      )}
      <div className="flex items-center gap-3 rounded-md border border-dashed border-line bg-canvas px-3 py-2 focus-within:outline-2 focus-within:outline-accent">
        <span className="min-w-0 flex-1 truncate text-sm text-muted">
          {items.length === 0 ? 'None: the job brings or fetches its own' : 'In ARTENIC_DATA_DIR under these paths'}
        </span>
        <label
          htmlFor={id}
          className="inline-flex h-7 cursor-pointer items-center gap-1.5 rounded-md border border-line bg-surface px-2.5 text-xs font-medium hover:bg-raised"
        >
          <Icon name="upload" className="size-3.5" />
          Add files
        </label>
        <input
          id={id}
          type="file"
          multiple
          className="sr-only"
          onChange={(event) => {
            void add([...(event.target.files ?? [])]);
            event.target.value = '';
          }}
        />
      </div>
      {failure !== null && (
        <p role="alert" className="text-xs text-bad">
          {failure}
        </p>
      )}
    </div>
  );
}
