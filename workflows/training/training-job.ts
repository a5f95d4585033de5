import { CancellationScope, sleep, startChild, TemporalFailure, workflowInfo } from '@temporalio/workflow';
import type { TerminalJobState } from '@artenic/core';
import type { PreparedJob } from '../../activities/contracts/index.ts';
import { control, registration, localFirst, retryRefusals } from '../activity-proxies.ts';
import { type Cancellation, listenForCancellation } from './cancellation.ts';
import {
  failoverWorkflowId,
  type FailoverResult,
  searchAttributes,
  type TrainingJobInput,
  type TrainingJobResult,
  workflowTaskTimeout,
} from '../contracts/index.ts';
import { describeFailure, hasType, wasTerminated } from '../failures.ts';
import { startOwnChild } from '../own-child.ts';
import { spotFailover } from './spot-failover.ts';
import { oneLine, Timeline } from './timeline.ts';

type ReadyJob = Extract<PreparedJob, { kind: 'ready' }>;
type Finished = Extract<FailoverResult, { kind: 'finished' }>;
type Model = TrainingJobResult['model'];

const restartPauseMs = { first: 1000, most: 60_000 };

/** A job from its row to its final state: prepare, train on any provider, register the model, settle. */
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
      // any other error is a bug of the platform: the workflow task fails, and the next release can continue the run
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
  // Recorded by `prepareJob`: a history of an earlier release has no such job, and replays without the step.
  if (prepared.writesDatasets === true)
    for (const { dataset, version } of await registration.commitOutputs({ jobId, attempt: outcome.attempt }))
      timeline.log(`committed version ${version} of the dataset ${dataset}`);
  return settle(jobId, 'succeeded', outcome.reason, model, timeline);
}

/** A failover that detached, or was ended from outside, is started again: only its own result ends the training. */
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
    timeline.log('the failover was abandoned; it is started again');
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
        // the end of this run must not kill the failover: it gets a cancel, and detaches unless the job's end was
        // requested
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
      // the intent is stored first: without it a workflow that receives the cancel detaches instead of stopping
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
    // the job has ended already, which has the same effect on every reader of the intent
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
