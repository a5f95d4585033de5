import { isTerminalJobState, mostCancelled, type JobFilter } from '@artenic/core';
import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState, type ReactElement } from 'react';
import { Button, buttonClass } from '../../components/button.tsx';
import { Icon } from '../../components/icon.tsx';
import { useToast } from '../../components/toast.tsx';
import { idsText, mostCompared } from '../../features/compare/compare-ids.ts';
import { toApiError } from '../../lib/api.ts';
import { formatCount } from '../../lib/format.ts';
import { usePageActions } from '../../lib/page-actions.ts';
import { readOpenJobs } from './open-jobs.ts';
import type { Chosen, Selection } from './use-selection.ts';

const CancelJobs = lazy(() => import('./cancel-jobs.tsx').then((m) => ({ default: m.CancelJobs })));

function Compare({ jobs }: { readonly jobs: readonly Chosen[] }): ReactElement {
  if (jobs.length === 1) return <span className="text-xs text-muted">Select another to compare</span>;
  if (jobs.length > mostCompared) return <span className="text-xs text-muted">Compare at most {mostCompared}</span>;
  return (
    <Link
      to="/jobs/compare"
      search={{ ids: idsText(jobs.map(({ id }) => id)) }}
      className={buttonClass('primary', 'sm')}
    >
      <Icon name="chart" className="size-3.5" />
      Compare
    </Link>
  );
}

/** Chooses the open jobs on all pages of the list. */
function SelectMatching({ filter, selection }: { readonly filter: JobFilter; readonly selection: Selection }) {
  const toast = useToast();
  const read = useMutation({
    mutationFn: () => readOpenJobs(filter),
    onSuccess: ({ jobs, isCut }) => {
      selection.choose(jobs);
      if (jobs.length === 0)
        toast({ tone: 'bad', title: 'No open job matches', detail: 'Only open jobs can be cancelled.' });
      else if (isCut)
        toast({
          tone: 'bad',
          title: `Selected the newest ${formatCount(mostCancelled)}`,
          detail: 'More open jobs match. Cancel these, then select the others.',
        });
    },
    onError: (error) => toast({ tone: 'bad', title: toApiError(error).title, detail: toApiError(error).message }),
  });
  return (
    <Button kind="ghost" size="sm" isBusy={read.isPending} onClick={() => read.mutate()}>
      Select all open jobs that match
    </Button>
  );
}

/** Actions for the chosen rows. The bar lies over the page, so that nothing moves when it comes. */
export function SelectionBar(props: {
  readonly selection: Selection;
  readonly filter: JobFilter;
  /** The list has rows that are not loaded. */
  readonly hasMore: boolean;
}): ReactElement | null {
  const { selection, filter, hasMore } = props;
  const [cancelled, setCancelled] = useState<readonly Chosen[] | null>(null);
  const { jobs, clear } = selection;
  const open = jobs.filter(({ state }) => !isTerminalJobState(state));
  const navigate = useNavigate();
  const ids = idsText(jobs.map(({ id }) => id));
  usePageActions([
    ...(jobs.length < 2 || jobs.length > mostCompared
      ? []
      : [
          {
            ...{ title: 'Compare selected jobs', icon: 'chart' as const },
            run: () => void navigate({ to: '/jobs/compare', search: { ids } }),
          },
        ]),
    ...(open.length === 0 || open.length > mostCancelled
      ? []
      : [{ title: 'Cancel selected jobs', icon: 'stop' as const, run: () => setCancelled(open) }]),
  ]);
  return (
    <>
      {jobs.length > 0 && (
        <div
          role="region"
          aria-label="Selected jobs"
          className="sticky bottom-16 z-10 mx-auto mt-3 -mb-14 flex w-max max-w-full flex-wrap items-center gap-x-3 gap-y-1 rounded-lg border border-line bg-surface px-3 py-1.5 text-sm shadow-pop lg:bottom-4"
        >
          <span role="status" className="tabular-nums">
            {formatCount(jobs.length)} selected
          </span>
          <Button kind="ghost" size="sm" onClick={clear}>
            Clear
          </Button>
          {hasMore && <SelectMatching filter={filter} selection={selection} />}
          {open.length > 0 && (
            <Button
              kind="danger"
              size="sm"
              icon="stop"
              disabled={open.length > mostCancelled}
              onClick={() => setCancelled(open)}
            >
              Cancel {formatCount(open.length)} open
            </Button>
          )}
          <Compare jobs={jobs} />
        </div>
      )}
      {cancelled !== null && (
        <Suspense>
          <CancelJobs jobs={cancelled} onClose={() => setCancelled(null)} onDone={clear} />
        </Suspense>
      )}
    </>
  );
}
