import { condition, setHandler } from '@temporalio/workflow';
import type { JobEnded } from '../core/jobs/ended.ts';
import { control } from './activity-proxies.ts';
import { jobEndedSignal } from './contracts/index.ts';

export type JobEndings = {
  /** Waits for the job's end; an earlier end is reported, too. While it waits no activity runs and no timer is set. */
  readonly of: (jobId: string) => Promise<JobEnded>;
};

/** Call this once, at the start of a workflow that waits for jobs: a signal may arrive before the first wait. */
export function listenForJobEndings(): JobEndings {
  const ended = new Map<string, JobEnded>();
  setHandler(jobEndedSignal, (ending) => void ended.set(ending.jobId, ending));
  return {
    of: async (jobId) => {
      await control.watchJob({ jobId });
      await condition(() => ended.has(jobId));
      const ending = ended.get(jobId);
      if (ending === undefined) throw new Error(`the end of ${jobId} does not exist`);
      return ending;
    },
  };
}
