import { formatSize } from '@artenic/core';
import type { ReactElement } from 'react';
import { IconButton } from '../../components/button.tsx';
import { inputClass } from '../../components/field.tsx';
import { FilePicker } from '../../components/file-picker.tsx';
import { Icon } from '../../components/icon.tsx';
import { dataFileOf, type Holdings } from '../../features/dispatch/materials.ts';

export type DataItem = {
  /** Empty while a user types it; a version of a dataset may have none. */
  readonly name: string;
  readonly file?: string;
  readonly sha256?: string;
  readonly dataset?: string;
};

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The entries under `data`, as far as they are entries. */
export function dataItems(data: unknown): readonly DataItem[] {
  if (!Array.isArray(data)) return [];
  return data.map((item: unknown) => {
    const fields = new Map<string, unknown>(typeof item === 'object' && item !== null ? Object.entries(item) : []);
    const [name, file, sha256, dataset] = ['name', 'file', 'sha256', 'dataset'].map((key) => textOf(fields.get(key)));
    // The form knows a part of a dataset's fields only, and keeps the others.
    if (dataset !== undefined) return { ...Object.fromEntries(fields), name: name ?? '', dataset };
    return {
      name: name ?? '',
      ...(file === undefined ? {} : { file }),
      ...(sha256 === undefined ? {} : { sha256 }),
    };
  });
}

/** The entries for the job file: a dataset without a folder of its own has no name. */
export function writtenItems(items: readonly DataItem[]): readonly object[] {
  return items.map(({ name, ...item }) => (item.dataset !== undefined && name === '' ? item : { name, ...item }));
}

function sizeText({ dataset, file, sha256 = '' }: DataItem, holdings: Holdings): string {
  if (dataset !== undefined) return dataset;
  if (file === undefined) return `${sha256.slice(0, 12)}…`;
  const found = dataFileOf(holdings, file);
  return found === null ? 'not chosen' : formatSize(found.size);
}

/** The data of a job: files that are uploaded with it, and files of an earlier job. */
export function DataPart(props: {
  readonly items: readonly DataItem[];
  readonly holdings: Holdings;
  readonly errorAt: (path: string) => string | undefined;
  readonly onItems: (items: readonly DataItem[]) => void;
  readonly onFiles: (files: readonly File[]) => void;
}): ReactElement {
  const { items, holdings, errorAt, onItems, onFiles } = props;
  return (
    <section aria-label="Data" className="flex flex-col gap-1.5">
      <span className="text-xs font-medium">Data</span>
      {items.length > 0 && (
        <ul className="flex flex-col gap-2" aria-label="Data files">
          {items.map((item, at) => {
            const error = errorAt(`data/${at}`);
            return (
              // Keyed by index, because a name changes while the user types it.
              // oxlint-disable-next-line react/no-array-index-key
              <li key={at} className="flex flex-col gap-1">
                <div className="flex items-center gap-2">
                  <Icon name="data" className="size-4 shrink-0 text-muted" />
                  <input
                    aria-label="Path under ARTENIC_DATA_DIR"
                    aria-invalid={error !== undefined}
                    aria-describedby={error === undefined ? undefined : `data-error-${at}`}
                    spellCheck={false}
                    autoComplete="off"
                    value={item.name}
                    placeholder={item.dataset?.split('@')[0]}
                    onChange={(event) => onItems(items.with(at, { ...item, name: event.target.value }))}
                    className={`${inputClass} min-w-0 flex-1 font-mono`}
                  />
                  <span className="w-24 shrink-0 truncate text-right text-xs text-muted tabular-nums">
                    {sizeText(item, holdings)}
                  </span>
                  <IconButton
                    icon="cross"
                    label={`Leave out ${item.name || item.dataset}`}
                    onClick={() => onItems(items.toSpliced(at, 1))}
                  />
                </div>
                {error !== undefined && (
                  <p id={`data-error-${at}`} className="text-xs text-bad">
                    {error}
                  </p>
                )}
              </li>
            );
          })}
        </ul>
      )}
      <div className="flex items-center gap-3 rounded-md border border-dashed border-line bg-canvas px-3 py-2">
        <span className="min-w-0 flex-1 truncate text-sm text-muted">
          {items.length === 0 ? 'No data files' : 'In ARTENIC_DATA_DIR under these paths'}
        </span>
        <FilePicker label="Add files" icon="upload" onFiles={onFiles} />
      </div>
    </section>
  );
}
