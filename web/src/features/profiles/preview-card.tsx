import { filterOperators, type ColumnProfile, type FilterOperator } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { inputClass } from '../../components/field.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { formatCount } from '../../lib/format.ts';
import type { DatasetSearch } from '../../pages/dataset/dataset-search.ts';
import { PreviewGrid, type Sort } from './preview-grid.tsx';
import { previewQuery, previewRows } from './profile-queries.ts';

const operatorWords: Readonly<Record<FilterOperator, string>> = {
  eq: '=',
  ne: '≠',
  lt: '<',
  le: '≤',
  gt: '>',
  ge: '≥',
  contains: 'contains',
  null: 'is null',
  notnull: 'is not null',
};

type Change = (change: Partial<DatasetSearch>) => void;

/** A condition on one column. */
function FilterForm(props: {
  readonly columns: readonly ColumnProfile[];
  readonly filter: string | undefined;
  readonly onChange: Change;
}): ReactElement {
  const { columns, filter, onChange } = props;
  const [column, setColumn] = useState(columns[0]?.name ?? '');
  const [operator, setOperator] = useState<FilterOperator>('eq');
  const [value, setValue] = useState('');
  const hasValue = operator !== 'null' && operator !== 'notnull';
  const text = hasValue ? `${column}:${operator}:${value}` : `${column}:${operator}`;
  return (
    <form
      aria-label="Filter rows"
      className="flex flex-wrap items-center gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        onChange({ filter: text, offset: undefined });
      }}
    >
      <div className="w-36">
        <select
          aria-label="Column of the filter"
          value={column}
          onChange={({ target }) => setColumn(target.value)}
          className={inputClass}
        >
          {columns.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </div>
      <div className="w-28">
        <select
          aria-label="Operator of the filter"
          value={operator}
          onChange={({ target }) => setOperator(filterOperators.find((one) => one === target.value) ?? 'eq')}
          className={inputClass}
        >
          {filterOperators.map((one) => (
            <option key={one} value={one}>
              {operatorWords[one]}
            </option>
          ))}
        </select>
      </div>
      {hasValue && (
        <div className="w-32">
          <input
            aria-label="Value of the filter"
            maxLength={1000}
            value={value}
            onChange={({ target }) => setValue(target.value)}
            className={inputClass}
          />
        </div>
      )}
      <Button type="submit" icon="filter">
        Filter
      </Button>
      {filter !== undefined && (
        <Button kind="ghost" onClick={() => onChange({ filter: undefined, offset: undefined })}>
          Clear filter
        </Button>
      )}
    </form>
  );
}

const sortOf = (text: string | undefined): Sort =>
  text === undefined ? null : { column: text.replace(/^-/, ''), isDescending: text.startsWith('-') };

/** Rows of a table file at any place, sorted, filtered and searched by the server. */
export function PreviewCard(props: {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly columns: readonly ColumnProfile[];
}): ReactElement {
  const { name, version, path, columns } = props;
  const { sort, filter, q: search, offset = 0 } = useSearch({ from: '/shell/datasets/$name' });
  const navigate = useNavigate({ from: '/datasets/$name' });
  const query = useQuery(previewQuery(name, { version, path, offset, sort, filter, search }));
  const change: Change = (changed) =>
    void navigate({ search: (old) => ({ ...old, ...changed }), replace: true, resetScroll: false });
  const { data } = query;
  const last = data === undefined ? 0 : data.offset + data.rows.length;
  return (
    <Card
      title="Rows"
      note={
        data === undefined
          ? undefined
          : data.total === 0
            ? 'none'
            : `${formatCount(data.offset + 1)}–${formatCount(last)} of ${formatCount(data.total)}`
      }
      isFlush
      actions={
        <>
          <Button
            size="sm"
            disabled={offset === 0}
            onClick={() => change({ offset: Math.max(0, offset - previewRows) || undefined })}
          >
            Previous
          </Button>
          <Button
            size="sm"
            disabled={data?.nextOffset == null}
            onClick={() => change({ offset: data?.nextOffset ?? undefined })}
          >
            Next
          </Button>
        </>
      }
    >
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2.5">
        <div className="w-full sm:w-56">
          <SearchField
            label="Search the rows"
            value={search ?? ''}
            onChange={(text) => change({ q: text || undefined, offset: undefined })}
          />
        </div>
        <FilterForm key={path} {...{ columns, filter }} onChange={change} />
      </div>
      <QueryPanel query={query} skeleton={<SkeletonRows rows={8} />}>
        {(preview) =>
          preview.rows.length === 0 ? (
            <p className="px-4 py-8 text-center text-sm text-muted">
              No matching rows. Clear the filter or the search.
            </p>
          ) : (
            <div aria-busy={query.isPlaceholderData} className={query.isPlaceholderData ? 'opacity-60' : ''}>
              <PreviewGrid
                preview={preview}
                sort={sortOf(sort)}
                onSort={(next) =>
                  change({
                    sort: next === null ? undefined : `${next.isDescending ? '-' : ''}${next.column}`,
                    offset: undefined,
                  })
                }
              />
            </div>
          )
        }
      </QueryPanel>
    </Card>
  );
}
