import type { ReactElement } from 'react';
import { Swatch } from '../../charts/line-parts.tsx';

/** Head of a column for each job, with the line that it has in the charts. */
export function JobHeads({ names }: { readonly names: readonly string[] }): ReactElement {
  return (
    <>
      {names.map((name, job) => (
        <th key={name} scope="col" className="px-4 text-right font-medium whitespace-nowrap">
          <span className="inline-flex items-center gap-2">
            <Swatch place={job} />
            {name}
          </span>
        </th>
      ))}
    </>
  );
}
