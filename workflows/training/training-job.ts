import { CancellationScope, sleep, startChild, TemporalFailure, workflowInfo } from '@temporalio/workflow';
import type { TerminalJobState } from '@artenic/core';
import type { PreparedJob } from '../../activities/contract.ts';
import { control, registration, localFirst, retryRefusals } from '../activity-proxies.ts';
import { type Cancellation, listenForCancellation } from './cancellation.ts';
import {
  failoverWorkflowId,
  type FailoverResult,
  searchAttributes,
  type TrainingJobInput,
  type TrainingJobResult,
  workflowTaskTimeout,
} from '../contracts.ts';
import { describeFailure, hasType, wasTerminated } from '../failures.ts';
import { startOwnChild } from '../own-child.ts';
import { spotFailover } from './spot-failover.ts';
import { oneLine, Timeline } from './timeline.ts';

type ReadyJob = Extract<PreparedJob, { kind: 'ready' }>;
type Finished = Extract<FailoverResult, { kind: 'finished' }>;
type Model = TrainingJobResult['model'];

const restartPauseMs = { first: 1000, most: 60_000 };

/** A job from its row to its last word: prepare, train wherever it takes, register the model, settle. */
export async function trainingJob(input: TrainingJobInput): Promise<TrainingJobResult> {
  const cancellation = listenForCancellation();
  const timeline = new Timeline(`Training job ${input.jobId}`, {
    Job: input.jobId,
    Failover: `workflow ${failoverWorkflowId(input.jobId)}`,
    Phase: 'preparing',
  });
  if (input.adopt) timeline.log('started again for a job that has lost its workflow');
  return CancellationScope.nonCancellable(async () => {
    try {
      return await train(input.jobId, cancellation, timeline);
    } catch (error) {
      // anything else is a bug of ours: the task fails and goes on with the next release
      if (!(error instanceof TemporalFailure)) throw error;
      const { type, message } = describeFailure(error);
      timeline.log(`${type}: ${message}`);
      return settle(input.jobId, 'failed', message, null, timeline);
    }
  });
}

async function train(jobId: string, cancellation: Cancellation, timeline: Timeline): Promise<TrainingJobResult> {
  const prepared = await control.prepareJob({ jobId });
  if (prepared.kind === 'settled') return storedResult(prepared, timeline);
  timeline.fact('Title', prepared.title);
  timeline.phase('training');

  const outcome = await trainToTheEnd(jobId, prepared, cancellation, timeline);
  if (outcome.kind === 'settled') return storedResult(outcome, timeline);
  timeline.log(`training ${outcome.state} after attempt ${outcome.attempt ?? 'none'}: ${outcome.reason}`);
  if (outcome.state !== 'succeeded' || outcome.attempt === null) {
    return settle(jobId, outcome.state, outcome.reason, null, timeline);
  }

  timeline.phase('collecting');
  const model = await registration.registerModel({ jobId, attempt: outcome.attempt });
  timeline.log(model === null ? 'the job made no model' : `registered ${model.name} version ${model.version}`);
  return settle(jobId, 'succeeded', outcome.reason, model, timeline);
}

/** A failover that was let go, or ended from outside, is started again: only its own word ends the training. */
async function trainToTheEnd(
  jobId: string,
  prepared: ReadyJob,
  cancellation: Cancellation,
  timeline: Timeline,
): Promise<Finished | Extract<PreparedJob, { kind: 'settled' }>> {
  let job = prepared;
  for (let pauseMs = restartPauseMs.first; ; pauseMs = Math.min(pauseMs * 2, restartPauseMs.most)) {
    const result = await runFailover(jobId, job, cancellation);
    if (result.kind === 'finished') return result;
    timeline.log('the failover was let go; it is started again');
    await sleep(pauseMs, { summary: 'before the failover starts again' });
    const again = await control.prepareJob({ jobId });
    if (again.kind === 'settled') return again;
    job = again;
  }
}

async function runFailover(jobId: string, job: ReadyJob, cancellation: Cancellation): Promise<FailoverResult> {
  if (cancellation.requested) await recordCancel(jobId);
  const workflowId = failoverWorkflowId(jobId);
  const service = workflowInfo().typedSearchAttributes.get(searchAttributes.service);
  const scope = new CancellationScope();
  const child = await scope.run(() =>
    startOwnChild(workflowId, () =>
      startChild(spotFailover, {
        workflowId,
        workflowTaskTimeout,
        args: [{ jobId, title: job.title, decision: job.nextDecision, continueAfterDecisions: null }],
        // our end must not kill it: it is asked, and lets go unless the job's end was asked for
        parentClosePolicy: 'REQUEST_CANCEL',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        staticSummary: oneLine(`${job.title}: attempts until the job is done`, 180),
        typedSearchAttributes: [
          { key: searchAttributes.kind, value: 'spotFailover' },
          { key: searchAttributes.jobId, value: jobId },
          { key: searchAttributes.provider, value: job.provider },
          { key: searchAttributes.phase, value: 'deciding' },
          ...(service === undefined ? [] : [{ key: searchAttributes.service, value: service }]),
        ],
      }),
    ),
  );
  try {
    await Promise.race([child.result(), cancellation.arrived]);
    if (cancellation.requested) {
      // the intent first: without it whoever hears of the cancel lets go instead of stopping
      await recordCancel(jobId);
      scope.cancel();
    }
    return await child.result();
  } catch (error) {
    if (wasTerminated(error)) return { kind: 'detached' };
    throw error;
  }
}

async function recordCancel(jobId: string): Promise<void> {
  try {
    await localFirst((activities) => activities.recordCancelIntent({ jobId, by: 'temporal' }));
  } catch (error) {
    // the job has ended already, which says the same to everyone who asks
    if (!hasType(error, 'conflict')) throw error;
  }
}

async function settle(
  jobId: string,
  state: TerminalJobState,
  message: string,
  model: Model,
  timeline: Timeline,
): Promise<TrainingJobResult> {
  const settled = await retryRefusals(
    () => localFirst((activities) => activities.settleJob({ jobId, state, message, model })),
    (refusal) => timeline.log(`settling: ${refusal}`),
  );
  timeline.phase(settled.state);
  timeline.log(`${settled.state}: ${settled.message}`);
  return { ...settled, model: settled.state === 'succeeded' ? model : null };
}

function storedResult(
  { state, message, model }: Extract<PreparedJob, { kind: 'settled' }>,
  timeline: Timeline,
): TrainingJobResult {
  timeline.log(`settled before, ${state}: ${message}`);
  return { state, message, model };
}
