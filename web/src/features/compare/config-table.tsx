import { useState, type ReactElement } from 'react';
import { Card } from '../../components/card.tsx';
import type { ConfigRow } from './config-rows.ts';
import { JobHeads } from './job-heads.tsx';

/** Settings in rows, jobs in columns; only what differs, unless all is asked for. */
export function ConfigTable({
  rows,
  names,
}: {
  readonly rows: readonly ConfigRow[];
  readonly names: readonly string[];
}): ReactElement {
  const [showsAll, setShowsAll] = useState(false);
  const differing = rows.filter(({ differs }) => differs);
  const shown = showsAll ? rows : differing;
  return (
    <Card
      title="Configuration"
      note={`${differing.length} of ${rows.length} settings differ`}
      isFlush
      actions={
        <label className="flex min-h-6 items-center gap-2 text-xs text-muted">
          <input
            type="checkbox"
            className="size-4 accent-accent"
            checked={showsAll}
            onChange={(event) => setShowsAll(event.target.checked)}
          />
          Show equal settings
        </label>
      }
    >
      {shown.length === 0 ? (
        <p className="px-4 py-8 text-center text-sm text-muted">These jobs have the same configuration.</p>
      ) : (
        <div
          className="relative max-h-[32rem] overflow-auto"
          tabIndex={0}
          role="region"
          aria-label="Configuration by job"
        >
          <table className="w-full border-collapse text-sm">
            <caption className="sr-only">Configuration by job</caption>
            <thead className="sticky top-0 bg-surface">
              <tr className="border-b border-line text-xs text-muted">
                <th scope="col" className="h-9 px-4 text-left font-medium">
                  Setting
                </th>
                <JobHeads names={names} />
              </tr>
            </thead>
            <tbody className="divide-y divide-line">
              {shown.map(({ path, values, differs }) => (
                <tr key={path}>
                  <th scope="row" className="h-9 px-4 text-left font-mono text-xs font-normal whitespace-nowrap">
                    {path}
                  </th>
                  {values.map((value, job) => (
                    <td key={job} className="max-w-64 px-4 text-right font-mono text-xs">
                      <span
                        title={value}
                        className={`block truncate ${differs && value !== values[0] ? 'font-semibold text-ink' : 'text-muted'}`}
                      >
                        {value ?? '–'}
                      </span>
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
