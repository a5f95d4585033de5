import { shownState, timeLeftText, type JobState, type JobView } from '@artenic/core';
import { CliError } from '../../cli-error.ts';
import { describeJob } from '../../output/job-text.ts';
import { bar } from '../../output/output.ts';
import type { Runtime } from '../../runtime.ts';
import { stepsFor } from './next-steps.ts';

function lineOf({ state, progress, queuePosition, timeLeftMs, situation }: JobView): string {
  const place = queuePosition === null ? '' : `#${queuePosition} in queue`;
  // A job that stops early succeeds before all of its steps, so a succeeded job shows no bar.
  const hasBar = progress !== null && state !== 'waiting' && state !== 'succeeded';
  const left = timeLeftMs === null ? '' : `  ${timeLeftText(timeLeftMs)}`;
  const trouble = situation === null || situation.level === 'normal' ? '' : `  ${situation.message}`;
  const shown = shownState({ state, situation }).padEnd(12);
  return `${shown}${hasBar ? `${bar(progress)}${left}` : place}${trouble}`.trimEnd();
}

const endWords: Readonly<Partial<Record<JobState, string>>> = {
  failed: 'Job failed',
  cancelled: 'Job cancelled',
  'timed-out': 'Job timed out',
};

/** Follows a job to its end; a job that did not succeed gives a nonzero exit code. */
export async function watch(runtime: Runtime, id: string): Promise<void> {
  const output = runtime.output();
  let shown = '';
  const job = await runtime.client().jobs.waitFor(id, {
    signal: runtime.signal,
    onChange: (changed) => {
      const line = lineOf(changed);
      if (line !== shown) output.progress(line);
      shown = line;
    },
  });
  output.result(job, (look) => describeJob(look, job));
  output.next(stepsFor(runtime, job));
  if (job.state === 'succeeded') return;
  const end = endWords[job.state] ?? `Job ${job.state}`;
  throw new CliError('negative', job.message === '' ? end : `${end}: ${job.message}`);
}
