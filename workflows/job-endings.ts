import { condition, setHandler } from '@temporalio/workflow';
import type { JobEnded } from '../core/jobs/ended.ts';
import { control } from './activity-proxies.ts';
import { jobEndedSignal } from './contracts/index.ts';

export type JobEndings = {
  /** The job's end, which is also told when it came before. No activity runs and no timer ticks meanwhile. */
  readonly of: (jobId: string) => Promise<JobEnded>;
};

/** To be called once, at the start of a workflow that waits for jobs: a signal may come before anybody waits for it. */
export function listenForJobEndings(): JobEndings {
  const ended = new Map<string, JobEnded>();
  setHandler(jobEndedSignal, (ending) => void ended.set(ending.jobId, ending));
  return {
    of: async (jobId) => {
      await control.watchJob({ jobId });
      await condition(() => ended.has(jobId));
      const ending = ended.get(jobId);
      if (ending === undefined) throw new Error(`the end of ${jobId} is not there`);
      return ending;
    },
  };
}
