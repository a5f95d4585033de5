import { log, setHandler } from '@temporalio/workflow';
import { capacityGrantedSignal, endNowSignal, runnerEventSignal } from '../contracts/index.ts';
import type { Timeline } from './timeline.ts';

/**
 * State from the signals so far. Each signal may arrive twice or never: only the first counts, and each has a backstop.
 */
export type RunnerReports = {
  readonly granted: boolean;
  /** When `maxHours` ends, in milliseconds since 1970. */
  readonly stopAtMs: number | null;
  /** The command is over and its completion marker is in storage. */
  readonly over: boolean;
  /** The end without a grace was requested. */
  readonly endsNow: boolean;
  /** Drops an earlier grant when the attempt queues again. */
  readonly forgetGrant: () => void;
};

/** Registers the handlers. Call it before the first await, because signals may already be waiting. */
export function listenToRunner(timeline: Timeline): RunnerReports {
  const reports = {
    granted: false,
    stopAtMs: null as number | null,
    over: false,
    endsNow: false,
    forgetGrant: () => {
      reports.granted = false;
    },
  };
  setHandler(capacityGrantedSignal, () => {
    reports.granted = true;
  });
  setHandler(endNowSignal, () => {
    reports.endsNow = true;
  });
  setHandler(runnerEventSignal, (event) => {
    switch (event.kind) {
      case 'hello':
        if (reports.stopAtMs !== null) return;
        reports.stopAtMs = Date.parse(event.stopAt);
        timeline.log(`the runner has connected; \`maxHours\` ends at ${event.stopAt}`);
        return;
      case 'phase':
        timeline.log(`${event.phase} begins${event.restoredFrom ? `, from checkpoint ${event.restoredFrom}` : ''}`);
        timeline.phase(event.phase === 'setup' ? 'setup' : 'running');
        return;
      case 'notice':
        timeline.log(`the provider reclaims the instance at ${event.deadlineAt}`);
        return;
      case 'rebalance':
        timeline.log(`the provider may reclaim the instance soon; its notice is of ${event.since}`);
        return;
      case 'stopped':
        timeline.log(`the runner has stopped the command: ${event.reason}`);
        reports.over = true;
        return;
      case 'exited':
        timeline.log(`the command has ended, exit code ${event.exitCode ?? 'none'}`);
        reports.over = true;
        return;
      default:
        // an event of a newer API than this worker: a handler that throws would stop the whole run
        event satisfies never;
        log.warn('unknown runner event');
    }
  });
  return reports;
}
