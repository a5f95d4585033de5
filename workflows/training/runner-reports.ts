import { log, setHandler } from '@temporalio/workflow';
import { capacityGrantedSignal, runnerEventSignal } from '../contracts.ts';
import type { Timeline } from './timeline.ts';

/** What signals have told so far. Each may come twice or never: only the first counts, and every one has a backstop. */
export type RunnerReports = {
  readonly granted: boolean;
  /** When `maxHours` ends, in milliseconds since 1970. */
  readonly stopAtMs: number | null;
  /** The command is over and its completion marker is in storage. */
  readonly over: boolean;
  /** It queues anew: a grant from before is none for that. */
  readonly forgetGrant: () => void;
};

/** Registers the handlers: to be called before anything is awaited, for signals that are there already. */
export function listenToRunner(timeline: Timeline): RunnerReports {
  const reports = {
    granted: false,
    stopAtMs: null as number | null,
    over: false,
    forgetGrant: () => {
      reports.granted = false;
    },
  };
  setHandler(capacityGrantedSignal, () => {
    reports.granted = true;
  });
  setHandler(runnerEventSignal, (event) => {
    switch (event.kind) {
      case 'hello':
        if (reports.stopAtMs !== null) return;
        reports.stopAtMs = Date.parse(event.stopAt);
        timeline.log(`the runner says hello; \`maxHours\` ends at ${event.stopAt}`);
        return;
      case 'phase':
        timeline.log(`${event.phase} begins${event.restoredFrom ? `, from checkpoint ${event.restoredFrom}` : ''}`);
        timeline.phase(event.phase === 'setup' ? 'setup' : 'running');
        return;
      case 'notice':
        timeline.log(`the provider takes the instance back at ${event.deadlineAt}`);
        return;
      case 'rebalance':
        timeline.log(`the provider may take the instance back soon, as it says since ${event.since}`);
        return;
      case 'stopped':
        timeline.log(`the runner has stopped the command: ${event.reason}`);
        reports.over = true;
        return;
      case 'exited':
        timeline.log(`the command is over, exit code ${event.exitCode ?? 'none'}`);
        reports.over = true;
        return;
      default:
        // from an API newer than this worker: a handler that throws would stop the whole run
        event satisfies never;
        log.warn('unknown runner event');
    }
  });
  return reports;
}
