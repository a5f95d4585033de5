import { type JobSort, type JobView } from '@artenic/core';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { DataTable, type TableSort } from '../../components/data-table.tsx';
import { jobColumns } from './job-columns.tsx';
import { sortOf, type JobsSearch } from './jobs-search.ts';
import { useHeldRows } from './use-held-rows.ts';
import type { Selection } from './use-selection.ts';

function NewRows({ count, onShow }: { readonly count: number; readonly onShow: () => void }): ReactElement | null {
  if (count === 0) return null;
  return (
    <div className="sticky top-2 z-10 flex h-0 justify-center">
      <button
        type="button"
        onClick={onShow}
        className="mt-2 flex h-7 items-center gap-1.5 rounded-full bg-accent px-3 text-xs font-medium text-surface shadow-pop"
      >
        {count} new {count === 1 ? 'job' : 'jobs'}
      </button>
    </div>
  );
}

function tableSort(sort: JobSort, onChange: (sort: JobSort | undefined) => void): TableSort {
  const isDescending = sort.startsWith('-');
  return {
    field: isDescending ? sort.slice(1) : sort,
    direction: isDescending ? 'descending' : 'ascending',
    onSort: (field, direction) =>
      onChange(direction === null ? undefined : (`${direction === 'descending' ? '-' : ''}${field}` as JobSort)),
  };
}

export function JobsTable(props: {
  readonly jobs: readonly JobView[];
  readonly search: JobsSearch;
  readonly chosen: readonly string[] | null;
  readonly selection: Selection;
  /** The rows are those of the list before, until the new list is read. */
  readonly isOld: boolean;
}): ReactElement {
  const { jobs, search, chosen, selection, isOld } = props;
  const navigate = useNavigate({ from: '/jobs' });
  const [area, setArea] = useState<HTMLElement | null>(null);
  const { columns: _columns, ...list } = search;
  const { rows, held, release } = useHeldRows(jobs, area, isOld ? null : JSON.stringify(list));
  return (
    <div ref={setArea} aria-busy={isOld} className={isOld ? 'opacity-60 transition-opacity' : ''}>
      <NewRows count={held} onShow={release} />
      <DataTable
        caption="Training jobs"
        columns={jobColumns(rows, selection, chosen)}
        rows={rows}
        rowKey={(job) => job.id}
        sort={tableSort(
          sortOf(search),
          (sort) => void navigate({ search: (old) => ({ ...old, sort }), resetScroll: false }),
        )}
        onOpen={(job) => void navigate({ to: '/jobs/$jobId', params: { jobId: job.id }, search: {} })}
      />
    </div>
  );
}
