import type { AttemptEnding, AttemptEndingKind, CompletionMarker, JobSpec } from '@artenic/core';
import { assertNever } from '../../core/assert-never.ts';
import { endingOfLaunchError } from '../../core/failover/refusal-kind.ts';
import { notKeptWords } from '../../core/jobs/not-kept.ts';
import type { StopReason } from '../../core/jobs/stop-reasons.ts';
import type { AttemptRecord } from '../../store/types.ts';
import type { ControlActivities, InstanceEvidence } from '../contract.ts';
import type { ControlDeps } from '../deps.ts';
import { readCompletion } from '../../store/completion.ts';
import { modelPathOf } from './model-path.ts';
import { moveSpareOutputs } from './spare-outputs.ts';

/** How a shell tells that SIGKILL ended what it ran: 128 + 9. */
const killedInShell = 137;

type CollectInput = Parameters<ControlActivities['collectAttempt']>[0];

export async function collectAttempt(deps: ControlDeps, input: CollectInput): Promise<AttemptEnding> {
  const attempt = await deps.store.attempts.get(input.attemptId);
  const completion = await readCompletion(deps.storage, attempt);
  switch (completion.kind) {
    case 'none':
      return judgeWithoutMarker(attempt, input);
    case 'unreadable':
      return ended('lost', `Its completion marker cannot be read: ${completion.problem}.`);
    case 'marker': {
      await moveSpareOutputs(deps.storage, attempt, completion.marker);
      const { spec } = await deps.store.jobs.get(attempt.jobId);
      return withNotKept(judgeMarker(completion.marker, attempt, spec), completion.marker);
    }
    default:
      return assertNever(completion);
  }
}

/** The ending's message is what people see of an attempt: it also says what of its outputs is missing. */
function withNotKept(ending: AttemptEnding, { notKept }: CompletionMarker): AttemptEnding {
  const words = notKeptWords(notKept);
  return words === '' ? ending : { ...ending, message: `${ending.message} ${words}`.trim() };
}

function ended(kind: AttemptEndingKind, message: string, exitCode: number | null = null): AttemptEnding {
  return { kind, exitCode, message };
}

function judgeWithoutMarker(attempt: AttemptRecord, { evidence, launchError }: CollectInput): AttemptEnding {
  if (launchError !== null) {
    return ended(endingOfLaunchError(launchError.type), launchError.message);
  }
  if (attempt.stopRequested !== null) return stopped(attempt.stopRequested, null);
  if (evidence?.endedBy === 'preemption') {
    return { ...ended('preempted', 'The provider took the instance back.'), evidence: 'provider-record' };
  }
  if (evidence?.endedBy === 'itself' && evidence.preemption === 'notice') {
    return { ...ended('preempted', 'The instance was warned that it is taken back, and ended.'), evidence: 'notice' };
  }
  if (evidence?.silent !== undefined) return judgeSilent(evidence.silent);
  const lastLine = evidence?.lastLine === undefined ? '' : ` Its console ends with: ${evidence.lastLine}`;
  const lost = ended('lost', `The runner or its instance disappeared without a last word.${lastLine}`);
  return evidence === null || evidence.isOver === true ? lost : { ...lost, evidence: 'disappeared' };
}

function judgeSilent({ kind, since, limitMs }: NonNullable<InstanceEvidence['silent']>): AttemptEnding {
  const minutes = `${Math.round(limitMs / 6000) / 10} min`;
  const message = {
    'never-spoke': `Its machine ran for more than ${minutes} and its runner never said hello: it did not boot, or cannot reach the API. It was terminated.`,
    'fell-silent': `Its machine gave no sign of life for more than ${minutes}, the last one at ${since}: it hangs, or is cut off. It was terminated.`,
  }[kind];
  return { ...ended('lost', message), evidence: kind };
}

function stopped(reason: StopReason, exitCode: number | null): AttemptEnding {
  switch (reason) {
    case 'cancelled':
      return ended('cancelled', 'Cancelled on request.', exitCode);
    case 'max-hours':
      return ended('timed-out', '`maxHours` ran out before the command was done.', exitCode);
    case 'not-needed':
      return ended('cancelled', 'The job has ended without it.', exitCode);
    default:
      return assertNever(reason);
  }
}

function judgeMarker(marker: CompletionMarker, attempt: AttemptRecord, spec: JobSpec): AttemptEnding {
  const { reason, exitCode, message } = marker;
  switch (reason) {
    case 'stop-requested':
      if (attempt.stopRequested !== null) return stopped(attempt.stopRequested, exitCode);
      // a signal to the runner is how a machine says that it is needed otherwise; nobody asked for the job's end
      return {
        ...ended('preempted', 'The machine asked the runner to stop; the job goes on from its checkpoint.', exitCode),
        evidence: 'notice',
      };
    case 'max-hours':
      return stopped('max-hours', exitCode);
    case 'restore-failed':
      return ended('failed', message || 'The runner could not prepare the attempt.', exitCode);
    case 'fenced':
      return ended('lost', message || 'The runner gave way to a newer attempt.', exitCode);
    case 'exited':
      return judgeExit(marker, spec);
    default:
      return assertNever(reason);
  }
}

function judgeExit(marker: CompletionMarker, spec: JobSpec): AttemptEnding {
  const { phase, exitCode, signal, message } = marker;
  const what = phase === 'setup' ? 'setup' : 'command';
  const command = phase === 'setup' ? spec.setup : spec.command;
  const killedBy = signal ?? (typeof command === 'string' && exitCode === killedInShell ? 'SIGKILL' : null);
  if (killedBy !== null) {
    const advice = killedBy === 'SIGKILL' ? ', most often because memory ran out' : '';
    const words = message || `The ${what} was ended by ${killedBy}${advice}.`;
    return { ...ended('killed', words, exitCode), signal: killedBy };
  }
  if (phase === 'setup') return ended('setup-failed', message || 'Look at the log of the setup.', exitCode);
  if (exitCode !== 0) return ended('failed', message || 'Look at the log.', exitCode);
  const path = modelPathOf(spec);
  if (spec.outputs.model !== undefined && !marker.outputs.some((output) => output.path === path)) {
    const refused = marker.notKept?.files.find((file) => file.path === path);
    if (refused !== undefined)
      return ended('failed', `Its model \`${path}\` could not be kept: ${refused.reason}.`, exitCode);
    const advice = 'write it into ARTENIC_OUTPUT_DIR, or take `outputs.model` out of the job';
    return ended('failed', `It made no \`${path}\`, which the job declares: ${advice}.`, exitCode);
  }
  return ended('succeeded', message, exitCode);
}
