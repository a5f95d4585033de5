import { expect, test } from '@jest/globals';
import { jobStates, runStates, type JobState, type RunState } from '@artenic/core';
import fc from 'fast-check';
import { jobTransitions } from '../../../core/jobs/transitions.ts';
import { firstRunState, followJob, hasRunEnded, mayRunBecome } from '../../../core/runs/states.ts';

test('whatever way a job takes, its run takes an allowed one and ends with the job, as the job does', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 40 }), (choices) => {
      let job: JobState = 'queued';
      let run: RunState = firstRunState(job);
      for (const choice of choices) {
        const possible: readonly JobState[] = jobTransitions[job];
        if (possible.length === 0) break;
        job = possible[choice % possible.length] ?? job;
        const next = followJob(run, job);
        expect(next === run || mayRunBecome(run, next)).toBe(true);
        run = next;
        expect(hasRunEnded(run)).toBe(jobTransitions[job].length === 0);
      }
      if (job === 'succeeded' || job === 'cancelled') expect(run).toBe(job);
      if (job === 'timed-out') expect(run).toBe('failed');
    }),
  );
});

test('a run that has begun stays running while its job waits for another machine', () => {
  expect(followJob('running', 'waiting')).toBe('running');
  for (const state of jobStates) expect(runStates).toContain(firstRunState(state));
});
