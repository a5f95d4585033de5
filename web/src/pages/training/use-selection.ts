import type { JobView } from '@artenic/core';
import { useState } from 'react';

/** The parts of a chosen job that the actions need. */
export type Chosen = Pick<JobView, 'id' | 'name' | 'state'>;

/** Rows chosen for an action, in the order in which they were chosen. */
export type Selection = {
  readonly jobs: readonly Chosen[];
  readonly has: (id: string) => boolean;
  readonly toggle: (job: Chosen) => void;
  readonly add: (jobs: readonly Chosen[]) => void;
  /** Chooses these jobs and no others. */
  readonly choose: (jobs: readonly Chosen[]) => void;
  readonly clear: () => void;
};

const entryOf = ({ id, name, state }: Chosen) => [id, { id, name, state }] as const;

export function useSelection(): Selection {
  const [jobs, setJobs] = useState<ReadonlyMap<string, Chosen>>(new Map());
  return {
    jobs: [...jobs.values()],
    has: (id) => jobs.has(id),
    toggle: (job) =>
      setJobs((before) => {
        const next = new Map(before);
        if (!next.delete(job.id)) next.set(...entryOf(job));
        return next;
      }),
    add: (more) => setJobs((before) => new Map([...before, ...more.map(entryOf)])),
    choose: (only) => setJobs(new Map(only.map(entryOf))),
    clear: () => setJobs(new Map()),
  };
}
