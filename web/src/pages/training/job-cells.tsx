import { shortId, type JobView } from '@artenic/core';
import { Link } from '@tanstack/react-router';
import type { ReactElement, ReactNode } from 'react';
import type { JobsSearch } from './jobs-search.ts';

export function JobName({ job }: { readonly job: JobView }): ReactElement {
  return (
    <div className="min-w-0">
      <Link to="/jobs/$jobId" params={{ jobId: job.id }} className="font-medium break-words hover:underline">
        {job.name}
      </Link>
      <p className="text-xs text-muted">
        {job.service} <span className="font-mono">{shortId(job.id)}</span>
      </p>
    </div>
  );
}

/** A value that filters the list by itself when it is clicked. */
export function FilterLink(props: {
  readonly title: string;
  readonly filter: (old: JobsSearch) => Partial<JobsSearch>;
  readonly className?: string;
  readonly children: ReactNode;
}): ReactElement {
  const { title, filter, className = 'hover:underline', children } = props;
  return (
    <Link
      from="/jobs"
      to="."
      search={(old: JobsSearch) => ({ ...old, ...filter(old) })}
      title={title}
      className={className}
    >
      {children}
    </Link>
  );
}

export function Labels({ job }: { readonly job: JobView }): ReactElement {
  return (
    <ul className="flex max-w-64 flex-wrap gap-1">
      {Object.entries(job.labels).map(([key, value]) => {
        const text = `${key}=${value}`;
        return (
          <li key={key} className="min-w-0">
            <FilterLink
              title={`Only jobs with ${text}`}
              filter={({ label = [] }) => ({ label: label.includes(text) ? label : [...label, text].slice(-16) })}
              className="block max-w-44 truncate rounded-full border border-line bg-raised px-2 text-2xs/5.5 text-muted hover:border-muted/60 hover:text-ink"
            >
              {key}: {value}
            </FilterLink>
          </li>
        );
      })}
    </ul>
  );
}
