import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Button, buttonClass } from '../../components/button.tsx';
import { Icon } from '../../components/icon.tsx';
import { idsText, mostCompared } from '../../features/compare/compare-ids.ts';
import type { Selection } from './use-selection.ts';

/** Actions for the chosen rows. The bar lies over the page, so that nothing moves when it comes. */
export function SelectionBar({ ids, isFull, clear }: Selection): ReactElement | null {
  if (ids.length === 0) return null;
  return (
    <div
      role="region"
      aria-label="Selected jobs"
      className="sticky bottom-16 z-10 mx-auto -mb-11 flex w-max max-w-full items-center gap-3 rounded-lg border border-line bg-surface px-3 py-1.5 text-sm shadow-pop lg:bottom-4"
    >
      <span role="status" className="tabular-nums">
        {ids.length} selected{isFull && ` (at most ${mostCompared})`}
      </span>
      <Button kind="ghost" size="sm" onClick={clear}>
        Clear
      </Button>
      {ids.length > 1 ? (
        <Link to="/jobs/compare" search={{ ids: idsText(ids) }} className={buttonClass('primary', 'sm')}>
          <Icon name="chart" className="size-3.5" />
          Compare
        </Link>
      ) : (
        <span className="text-xs text-muted">Select another to compare</span>
      )}
    </div>
  );
}
