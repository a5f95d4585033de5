import { CancellationScope, continueAsNew, patched, setHandler, workflowInfo } from '@temporalio/workflow';
import { assertNever } from '../../core/assert-never.ts';
import type { Decided, FailoverAction } from '../../core/failover/types.ts';
import { askForOffers, localFirst } from '../activity-proxies.ts';
import { type Cancellation, listenForCancellation } from './cancellation.ts';
import {
  attemptWorkflowId,
  type AttemptResult,
  type FailoverInput,
  type FailoverResult,
  wakeUpSignal,
} from '../contracts/index.ts';
import { RunningAttempts } from './running-attempts.ts';
import { oneLine, Timeline } from './timeline.ts';

/** Drives the attempts of a job: after each ending and each warning the stored decision gives the next action. */
export async function spotFailover(input: FailoverInput): Promise<FailoverResult> {
  const cancellation = listenForCancellation();
  const timeline = new Timeline(`${input.title}: failover`, { Job: input.jobId, Phase: 'deciding' });
  return CancellationScope.nonCancellable(() => driveAttempts(input, cancellation, timeline));
}

async function driveAttempts(
  input: FailoverInput,
  cancellation: Cancellation,
  timeline: Timeline,
): Promise<FailoverResult> {
  const { jobId } = input;
  const waking = { isWanted: false };
  setHandler(wakeUpSignal, () => {
    waking.isWanted = true;
  });
  const isInterrupted = () => cancellation.requested || waking.isWanted;
  let hasAsked = false;
  const running = new RunningAttempts(input, (attempt, result) => timeline.log(describeResult(attempt, result)));
  for (let decision = input.decision; ; decision++) {
    // a pending cancel is handled first
    if (shouldContinueAsNew(input, decision, running) && !cancellation.requested) {
      await continueAsNew<typeof spotFailover>({ ...input, decision });
    }
    waking.isWanted = false;
    const { ended } = running;
    const action = await localFirst((activities) =>
      activities.decideNext({ jobId, decision, watched: running.attempts }),
    );
    timeline.log(`decision ${decision}: ${describeAction(action)}`);
    // a repeated decision's first answer was lost with a worker; the event that it waits for may have come before this
    // run could receive it
    const isFresh = action.isRepeated !== true;
    switch (action.kind) {
      case 'finish':
        await cancelUnneeded(jobId, running, action.attempt);
        timeline.phase(action.state);
        return { kind: 'finished', state: action.state, attempt: action.attempt, reason: action.reason };
      case 'wait':
        if (running.attempts.length === 0) timeline.phase('waiting');
        // new offers lead to a new decision at once; without new offers the wait begins
        hasAsked = isFresh && !hasAsked && (await hasNewOffers(action));
        if (isFresh && !hasAsked)
          await running.waitForChange(ended, isInterrupted, {
            waitMs: action.waitMs,
            summary: oneLine(action.reason, 180),
          });
        break;
      case 'watch':
        if (isFresh) await running.waitForChange(ended, isInterrupted, timerOf(action));
        break;
      case 'replace':
        if (cancellation.requested) break;
        await replace(jobId, running, action, timeline);
        if (isFresh) await running.waitForChange(ended, isInterrupted, timerOf(action));
        break;
      case 'launch':
        // after a cancel no new attempt is launched, but one that may run already is taken over to be stopped
        if (cancellation.requested && action.takeOver !== true) break;
        timeline.phase('attempt', action.attempt);
        await running.launch(action);
        // a taken-over attempt may have been warned while no run listened, and other open attempts may be left: decide
        // again at once
        if (isFresh && action.takeOver !== true) await running.waitForChange(ended, isInterrupted, timerOf(action));
        break;
      default:
        assertNever(action);
    }
    if (!cancellation.requested) continue;
    await running.cancelAll();
    if (!(await isCancelWanted(jobId))) return { kind: 'detached' };
  }
}

/** Whether at least one provider with unknown offers has reported them now. */
async function hasNewOffers({ unknown = [] }: Decided): Promise<boolean> {
  return unknown.length > 0 && patched('asks-for-unknown-offers') && (await askForOffers(unknown));
}

/**
 * Continue-as-new detaches the attempts under way, and the next run takes them over: so it happens only if the history
 * is full.
 */
function shouldContinueAsNew(input: FailoverInput, decision: number, running: RunningAttempts): boolean {
  if (workflowInfo().continueAsNewSuggested) return decision > input.decision;
  const limit = input.continueAfterDecisions;
  return running.attempts.length === 0 && limit !== null && decision - input.decision >= Math.max(1, limit);
}

type Replace = Extract<FailoverAction, { readonly kind: 'replace' }>;

type Looking = Extract<FailoverAction, { readonly kind: 'watch' | 'launch' | 'replace' }>;

function timerOf({ untilMs, reason }: Looking): { readonly waitMs: number; readonly summary: string } | undefined {
  if (untilMs === undefined) return undefined;
  return { waitMs: Math.max(1, untilMs - Date.now()), summary: oneLine(reason, 180) };
}

/** The attempt stops with its checkpoint while its replacement starts beside it, as after a provider's warning. */
async function replace(
  jobId: string,
  running: RunningAttempts,
  { stop, launch, reason }: Replace,
  timeline: Timeline,
): Promise<void> {
  const attemptId = attemptWorkflowId(jobId, stop);
  await localFirst((activities) => activities.warnAttempt({ attemptId }));
  timeline.phase('attempt', launch.attempt);
  await running.launch({ kind: 'launch', ...launch, reason });
}

/** An ended attempt ends the job: its replacement is no longer needed. */
async function cancelUnneeded(jobId: string, running: RunningAttempts, ended: number | null): Promise<void> {
  // the ending of that attempt is in its row, and its result is on its way to this run
  for (const attempt of running.attempts.filter((one) => one !== ended)) {
    const attemptId = attemptWorkflowId(jobId, attempt);
    await localFirst((activities) => activities.requestStop({ attemptId, reason: 'not-needed' }));
  }
  await running.cancelAll();
}

async function isCancelWanted(jobId: string): Promise<boolean> {
  const { requested } = await localFirst((activities) => activities.readCancelIntent({ jobId }));
  return requested;
}

function describeAction(action: FailoverAction): string {
  switch (action.kind) {
    case 'finish':
      return `finish as ${action.state}: ${action.reason}`;
    case 'wait':
      return `wait ${action.waitMs} ms: ${action.reason}`;
    case 'watch':
      return `watch: ${action.reason}`;
    case 'replace':
      return `attempt ${action.launch.attempt} in place of ${action.stop}: ${action.reason}`;
    case 'launch':
      return `attempt ${action.attempt} on ${action.offer.provider} ${action.offer.instanceType}: ${action.reason}`;
    default:
      return assertNever(action);
  }
}

function describeResult(attempt: number, result: AttemptResult): string {
  if (result.kind === 'detached') return `attempt ${attempt} was abandoned without an end`;
  return `attempt ${attempt} ended, ${result.ending.kind}: ${result.ending.message}`;
}
