import { CancellationScope, condition, continueAsNew, startChild, workflowInfo } from '@temporalio/workflow';
import { assertNever } from '../core/assert-never.ts';
import type { FailoverAction } from '../core/failover/types.ts';
import { quickly } from './activity-proxies.ts';
import { type Cancellation, listenForCancellation } from './cancellation.ts';
import {
  attemptWorkflowId,
  type AttemptResult,
  type FailoverInput,
  type FailoverResult,
  searchAttributes,
} from './contracts.ts';
import { wasTerminated } from './failures.ts';
import { startOwnChild } from './own-child.ts';
import { oneLine, Timeline } from './timeline.ts';
import { trainingAttempt } from './training-attempt.ts';

type Launch = Extract<FailoverAction, { kind: 'launch' }>;

/** Drives attempts: after each ending the recorded decision says what comes next. */
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
  for (let decision = input.decision; ; decision++) {
    // here no child runs; a cancel that has come is dealt with first
    if (isLongEnough(input, decision) && !cancellation.requested) {
      await continueAsNew<typeof spotFailover>({ ...input, decision });
    }
    const action = await quickly((activities) => activities.decideNext({ jobId, decision }));
    timeline.tell(`decision ${decision}: ${describeAction(action)}`);
    switch (action.kind) {
      case 'finish':
        timeline.phase(action.state);
        return { kind: 'finished', state: action.state, attempt: action.attempt, reason: action.reason };
      case 'wait':
        timeline.phase('waiting');
        await condition(() => cancellation.requested, action.waitMs, { summary: oneLine(action.reason, 180) });
        break;
      case 'launch':
        // cancelled meanwhile: nothing new is begun, but what may run already is taken back to be stopped
        if (cancellation.requested && action.takeOver !== true) break;
        timeline.phase('attempt', action.attempt);
        timeline.tell(describeResult(action.attempt, await runAttempt(input, action, cancellation)));
        break;
      default:
        assertNever(action);
    }
    if (cancellation.requested && !(await isCancelWanted(jobId))) return { kind: 'detached' };
  }
}

function isLongEnough(input: FailoverInput, decision: number): boolean {
  const done = decision - input.decision;
  const limit = input.continueAfterDecisions;
  return done > 0 && (workflowInfo().continueAsNewSuggested || (limit !== null && done >= limit));
}

async function runAttempt(input: FailoverInput, action: Launch, cancellation: Cancellation): Promise<AttemptResult> {
  const { jobId, title } = input;
  const { attempt, offer, reason } = action;
  const workflowId = attemptWorkflowId(jobId, attempt);
  const service = workflowInfo().typedSearchAttributes.get(searchAttributes.service);
  const scope = new CancellationScope();
  const child = await scope.run(() =>
    startOwnChild(workflowId, () =>
      startChild(trainingAttempt, {
        workflowId,
        args: [
          { jobId, attempt, offer, reason, title, ...(action.takeOver === true ? { takeOver: action.takeOver } : {}) },
        ],
        // our end must not kill it: it is asked, and decides by the job's cancel intent
        parentClosePolicy: 'REQUEST_CANCEL',
        // taken over under the same id; that an attempt runs once is guarded by its row
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        staticSummary: oneLine(`attempt ${attempt} on ${offer.provider} ${offer.instanceType}: ${reason}`, 180),
        typedSearchAttributes: [
          { key: searchAttributes.kind, value: 'trainingAttempt' },
          { key: searchAttributes.jobId, value: jobId },
          { key: searchAttributes.provider, value: offer.provider },
          { key: searchAttributes.attempt, value: attempt },
          { key: searchAttributes.phase, value: 'opening' },
          ...(service === undefined ? [] : [{ key: searchAttributes.service, value: service }]),
        ],
      }),
    ),
  );
  try {
    await Promise.race([child.result(), cancellation.arrived]);
    if (cancellation.requested) scope.cancel();
    return await child.result();
  } catch (error) {
    // whoever ended it, its instance lives on and is taken over
    if (wasTerminated(error)) return { kind: 'detached' };
    throw error;
  }
}

async function isCancelWanted(jobId: string): Promise<boolean> {
  const { requested } = await quickly((activities) => activities.readCancelIntent({ jobId }));
  return requested;
}

function describeAction(action: FailoverAction): string {
  switch (action.kind) {
    case 'finish':
      return `finish as ${action.state}: ${action.reason}`;
    case 'wait':
      return `wait ${action.waitMs} ms: ${action.reason}`;
    case 'launch':
      return `attempt ${action.attempt} on ${action.offer.provider} ${action.offer.instanceType}: ${action.reason}`;
    default:
      return assertNever(action);
  }
}

function describeResult(attempt: number, result: AttemptResult): string {
  if (result.kind === 'detached') return `attempt ${attempt} was let go without an end`;
  return `attempt ${attempt} ended, ${result.ending.kind}: ${result.ending.message}`;
}
