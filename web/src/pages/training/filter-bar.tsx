import { markets } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState, type ReactElement } from 'react';
import { Field, Select, inputClass } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { providersQuery } from '../../lib/queries.ts';
import type { JobsSearch } from './jobs-search.ts';

type Change = (change: Partial<JobsSearch>) => void;
type Filters = { readonly search: JobsSearch; readonly onChange: Change };

/** The filters of the table in words, each with what takes it away. */
function filtersIn(search: JobsSearch): readonly (readonly [text: string, without: Partial<JobsSearch>])[] {
  const { service, label = [], provider, market, by, since, until } = search;
  return [
    ...(service === undefined ? [] : [[`service ${service}`, { service: undefined }] as const]),
    ...label.map((one) => {
      const others = label.filter((other) => other !== one);
      return [`label ${one}`, { label: others.length === 0 ? undefined : others }] as const;
    }),
    ...(provider === undefined ? [] : [[`provider ${provider}`, { provider: undefined }] as const]),
    ...(market === undefined ? [] : [[`market ${market}`, { market: undefined }] as const]),
    ...(by === undefined ? [] : [[`submitted by ${by}`, { by: undefined }] as const]),
    ...(since === undefined ? [] : [[`since ${since}`, { since: undefined }] as const]),
    ...(until === undefined ? [] : [[`until ${until}`, { until: undefined }] as const]),
  ];
}

export const filterCount = (search: JobsSearch): number => filtersIn(search).length;

/** The filters that hold, except state and words, which have controls of their own. */
export function FilterChips({ search, onChange }: Filters): ReactElement | null {
  const filters = filtersIn(search);
  if (filters.length === 0) return null;
  return (
    <ul aria-label="Filters" className="mb-3 flex flex-wrap items-center gap-1.5">
      {filters.map(([text, without]) => (
        <li key={text}>
          <button
            type="button"
            aria-label={`Remove the filter ${text}`}
            onClick={() => onChange(without)}
            className="flex h-6 max-w-72 items-center gap-1.5 rounded-full border border-line bg-raised px-2.5 text-xs hover:border-muted/60"
          >
            <span className="truncate">{text}</span>
            <Icon name="cross" className="size-3 text-muted" />
          </button>
        </li>
      ))}
      <li>
        <button
          type="button"
          className="h-6 px-1.5 text-xs font-medium text-accent hover:underline"
          onClick={() => onChange(Object.assign({}, ...filters.map(([, without]) => without), { label: undefined }))}
        >
          Clear filters
        </button>
      </li>
    </ul>
  );
}

/** A text that filters when Enter is pressed or the field is left. */
function TextFilter(props: {
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  readonly placeholder?: string;
  readonly maxLength: number;
  /** False when the text cannot be a filter. */
  readonly onCommit: (text: string) => boolean;
  readonly problem?: string;
}): ReactElement {
  const { label, value, options, placeholder, maxLength, onCommit, problem } = props;
  const [text, setText] = useState(value);
  const [isWrong, setIsWrong] = useState(false);
  const listId = useId();
  const before = useRef(value);
  useEffect(() => {
    if (before.current !== value) setText(value);
    before.current = value;
  }, [value]);
  const commit = (): void => {
    if (text.trim() !== value) setIsWrong(!onCommit(text.trim()));
  };
  return (
    <Field label={label} error={isWrong ? problem : undefined}>
      {({ id, describedBy, isInvalid }) => (
        <>
          <input
            {...{ id, placeholder, maxLength }}
            value={text}
            list={listId}
            aria-describedby={describedBy}
            aria-invalid={isInvalid}
            className={inputClass}
            onChange={(event) => setText(event.target.value)}
            onBlur={commit}
            onKeyDown={(event) => (event.key === 'Enter' ? commit() : undefined)}
          />
          <datalist id={listId}>
            {options.map((option) => (
              <option key={option} value={option} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

function DayFilter(props: {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (day: string | undefined) => void;
}): ReactElement {
  const { label, value, onChange } = props;
  return (
    <Field label={label}>
      {({ id, describedBy }) => (
        <input
          id={id}
          type="date"
          aria-describedby={describedBy}
          className={inputClass}
          value={value ?? ''}
          onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)}
        />
      )}
    </Field>
  );
}

/** Values that the loaded rows have, as suggestions. */
export type Suggestions = {
  readonly services: readonly string[];
  readonly labels: readonly string[];
  readonly users: readonly string[];
};

export function FilterPanel({ search, onChange, known }: Filters & { readonly known: Suggestions }): ReactElement {
  const { data: providers = [] } = useQuery(providersQuery);
  const { label = [] } = search;
  const names = [...new Set([...providers.map(({ name }) => name), ...(search.provider ? [search.provider] : [])])];
  const set = (name: 'service' | 'by') => (text: string) => {
    onChange({ [name]: text === '' ? undefined : text });
    return true;
  };
  const addLabel = (text: string): boolean => {
    if (text === '') return true;
    if (!/^[^=]{1,63}=/.test(text)) return false;
    onChange({ label: [...label.filter((one) => one !== text), text].slice(-16) });
    return true;
  };
  return (
    <section
      aria-label="More filters"
      className="mb-3 grid grid-cols-1 gap-3 rounded-lg border border-line bg-surface p-3 shadow-card sm:grid-cols-2 lg:grid-cols-4 2xl:grid-cols-7"
    >
      <TextFilter
        {...{ label: 'Service', value: search.service ?? '', options: known.services, maxLength: 63 }}
        onCommit={set('service')}
      />
      <TextFilter
        key={label.join('\n')}
        {...{ label: 'Label', value: '', options: known.labels, maxLength: 320, placeholder: 'team=growth' }}
        problem="Write it as key=value"
        onCommit={addLabel}
      />
      <Select
        label="Provider"
        value={search.provider ?? ''}
        onChange={(event) => onChange({ provider: event.target.value || undefined })}
      >
        <option value="">Any</option>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
      <Select
        label="Market"
        value={search.market ?? ''}
        onChange={(event) => onChange({ market: markets.find((market) => market === event.target.value) })}
      >
        <option value="">Any</option>
        {markets.map((market) => (
          <option key={market}>{market}</option>
        ))}
      </Select>
      <TextFilter
        {...{ label: 'Submitted by', value: search.by ?? '', options: known.users, maxLength: 255 }}
        onCommit={set('by')}
      />
      <DayFilter label="From day (UTC)" value={search.since} onChange={(since) => onChange({ since })} />
      <DayFilter label="To day (UTC)" value={search.until} onChange={(until) => onChange({ until })} />
    </section>
  );
}
