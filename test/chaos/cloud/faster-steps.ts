import type { ActivityOptions } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time.js';
import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';

/**
 * Part of the workflow bundles of these tests only: steps are given up and tried again twenty times as soon, as no test can
 * wait three minutes for a dead worker's launch to be given up.
 */
const timesSooner = 20;
/** A step needs this on a machine that is busy with all the others. */
const leastStepMs = 3000;
const leastPauseMs = 50;

const sooner = (span: ActivityOptions['startToCloseTimeout'], leastMs: number): number | undefined =>
  span === undefined ? undefined : Math.max(leastMs, msToNumber(span) / timesSooner);

/** Without what is absent: an option that is undefined is not one that is left out. */
function present<Options extends object>(options: Options): { [Key in keyof Options]: NonNullable<Options[Key]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Options]: NonNullable<Options[Key]>;
  };
}

function soonerGivenUp(options: ActivityOptions): ActivityOptions {
  const { startToCloseTimeout, retry } = options;
  return {
    ...options,
    ...present({ startToCloseTimeout: sooner(startToCloseTimeout, leastStepMs) }),
    retry: {
      ...retry,
      ...present({
        initialInterval: sooner(retry?.initialInterval, leastPauseMs),
        maximumInterval: sooner(retry?.maximumInterval, leastPauseMs),
      }),
    },
  };
}

export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [{ scheduleActivity: (input, next) => next({ ...input, options: soonerGivenUp(input.options) }) }],
});
