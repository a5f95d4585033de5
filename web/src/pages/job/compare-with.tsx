import type { JobView } from '@artenic/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { StatusBadge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { QueryPanel } from '../../components/query-panel.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { idsText, mostCompared } from '../../features/compare/compare-ids.ts';
import { jobTitle } from '../../lib/job-title.ts';
import { serviceJobsQuery } from '../../lib/queries.ts';
import { jobStatus } from '../../lib/status.ts';

/** A choice among the last jobs of the same service. */
export function CompareWith({ job, onClose }: { readonly job: JobView; readonly onClose: () => void }): ReactElement {
  const query = useQuery(serviceJobsQuery(job.service));
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const navigate = useNavigate();
  const isFull = chosen.length >= mostCompared - 1;
  const toggle = (id: string, isOn: boolean): void =>
    setChosen(isOn ? [...chosen, id] : chosen.filter((one) => one !== id));
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Compare with…"
      description={`The last jobs of ${job.service}. Choose up to ${mostCompared - 1}.`}
      footer={
        <>
          <Button kind="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button
            kind="primary"
            icon="chart"
            disabled={chosen.length === 0}
            onClick={() => void navigate({ to: '/jobs/compare', search: { ids: idsText([job.id, ...chosen]) } })}
          >
            Compare {chosen.length + 1} jobs
          </Button>
        </>
      }
    >
      <QueryPanel query={query} skeleton={<SkeletonRows rows={5} />}>
        {(jobs) => {
          const others = jobs.filter(({ id }) => id !== job.id);
          if (others.length === 0)
            return <p className="py-6 text-center text-sm text-muted">{job.service} has no other jobs yet.</p>;
          return (
            <ul className="divide-y divide-line">
              {others.map((other) => (
                <li key={other.id}>
                  <label className="flex min-h-11 cursor-pointer flex-wrap items-center gap-x-3 text-sm">
                    <input
                      type="checkbox"
                      className="size-4 accent-accent"
                      checked={chosen.includes(other.id)}
                      disabled={isFull && !chosen.includes(other.id)}
                      onChange={(event) => toggle(other.id, event.target.checked)}
                    />
                    <span className="font-medium">{jobTitle(other)}</span>
                    <StatusBadge status={jobStatus[other.state]} />
                    <span className="ml-auto text-xs text-muted">
                      <RelativeTime at={other.createdAt} />
                    </span>
                  </label>
                </li>
              ))}
            </ul>
          );
        }}
      </QueryPanel>
    </Dialog>
  );
}
