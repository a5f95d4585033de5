import type { ActivityOptions } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time.js';
import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';

/**
 * Part of the workflow bundles of these tests only. Step timeouts and retry pauses are divided by this factor: no test
 * can wait three minutes until the launch of a dead worker times out.
 */
const timesSooner = 20;
/** Time that a step needs on a fully loaded machine. */
const leastStepMs = 3000;
const leastPauseMs = 50;

const sooner = (span: ActivityOptions['startToCloseTimeout'], leastMs: number): number | undefined =>
  span === undefined ? undefined : Math.max(leastMs, msToNumber(span) / timesSooner);

/** Removes undefined options: an option set to undefined is not the same as a missing option. */
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
