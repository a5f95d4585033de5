import type { AttemptEnding, AttemptEndingKind, CompletionMarker, JobSpec } from '@artenic/core';
import { assertNever } from '../assert-never.ts';
import { endingOfLaunchError } from '../failover/refusal-kind.ts';
import type { InstanceEvidence } from '../instance-evidence.ts';
import { notKeptWords } from './not-kept.ts';
import { endingOfStop, type StopReason } from './stop-reasons.ts';

/** Exit code by which a shell reports that SIGKILL ended its command: 128 + 9. */
const killedInShell = 137;

export type LaunchError = { readonly type: string; readonly message: string };

/** The known facts of an attempt that left no completion marker. */
export type WithoutMarker = {
  readonly stopRequested: StopReason | null;
  readonly evidence: InstanceEvidence | null;
  readonly launchError: LaunchError | null;
};

export type WithMarker = {
  readonly stopRequested: StopReason | null;
  readonly marker: CompletionMarker;
  readonly spec: Pick<JobSpec, 'command' | 'setup' | 'outputs'>;
  /** Path of the job's model among the outputs. */
  readonly modelPath: string;
};

function ended(kind: AttemptEndingKind, message: string, exitCode: number | null = null): AttemptEnding {
  return { kind, exitCode, message };
}

/** Ending of an attempt whose completion marker exists but cannot be read. */
export function judgeUnreadable(problem: string): AttemptEnding {
  return ended('lost', `Its completion marker cannot be read: ${problem}.`);
}

/** A requested stop explains the end first, then the provider's evidence; nothing is guessed. */
export function judgeWithoutMarker({ stopRequested, evidence, launchError }: WithoutMarker): AttemptEnding {
  if (launchError !== null) return ended(endingOfLaunchError(launchError.type), launchError.message);
  if (stopRequested !== null) return endingOfStop(stopRequested, null);
  if (evidence?.endedBy === 'preemption') {
    return { ...ended('preempted', 'The provider reclaimed the instance.'), evidence: 'provider-record' };
  }
  if (evidence?.endedBy === 'itself' && evidence.preemption === 'notice') {
    return { ...ended('preempted', 'The instance received a preemption notice and ended.'), evidence: 'notice' };
  }
  if (evidence?.silent !== undefined) return judgeSilent(evidence.silent);
  const lastLine = evidence?.lastLine === undefined ? '' : ` Its console ends with: ${evidence.lastLine}`;
  const lost = ended('lost', `The runner or its instance disappeared without a report.${lastLine}`);
  return evidence === null || evidence.isOver === true ? lost : { ...lost, evidence: 'disappeared' };
}

function judgeSilent({ kind, since, limitMs }: NonNullable<InstanceEvidence['silent']>): AttemptEnding {
  const minutes = `${Math.round(limitMs / 6000) / 10} min`;
  const message = {
    'never-spoke': `Its machine ran for more than ${minutes} and its runner never connected: the machine did not boot, or cannot reach the API. It was terminated.`,
    'fell-silent': `Its machine gave no sign of life for more than ${minutes}, the last one at ${since}: it hangs, or is cut off. It was terminated.`,
  }[kind];
  return { ...ended('lost', message), evidence: kind };
}

/** Ending of an attempt by its completion marker. */
export function judgeMarker(input: WithMarker): AttemptEnding {
  const ending = judgeReason(input);
  // people see the message, so it also lists missing outputs
  const words = notKeptWords(input.marker.notKept);
  return words === '' ? ending : { ...ending, message: `${ending.message} ${words}`.trim() };
}

function judgeReason(input: WithMarker): AttemptEnding {
  const { reason, exitCode, message } = input.marker;
  switch (reason) {
    case 'stop-requested':
      if (input.stopRequested !== null) return endingOfStop(input.stopRequested, exitCode);
      // a machine signals its runner when it is needed otherwise; the end of the job was not requested
      return {
        ...ended('preempted', 'The machine asked the runner to stop; the job continues from its checkpoint.', exitCode),
        evidence: 'notice',
      };
    case 'max-hours':
      return endingOfStop('max-hours', exitCode);
    case 'restore-failed':
      return ended('failed', message || 'The runner could not prepare the attempt.', exitCode);
    case 'fenced':
      return ended('lost', message || 'The runner gave way to a newer attempt.', exitCode);
    case 'exited':
      return judgeExit(input);
    default:
      return assertNever(reason);
  }
}

function judgeExit({ marker, spec, modelPath }: WithMarker): AttemptEnding {
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
  if (spec.outputs.model !== undefined && !marker.outputs.some((output) => output.path === modelPath)) {
    const refused = marker.notKept?.files.find((file) => file.path === modelPath);
    if (refused !== undefined)
      return ended('failed', `Its model \`${modelPath}\` could not be kept: ${refused.reason}.`, exitCode);
    const advice = 'write it into ARTENIC_OUTPUT_DIR, or take `outputs.model` out of the job';
    return ended('failed', `It made no \`${modelPath}\`, which the job declares: ${advice}.`, exitCode);
  }
  return ended('succeeded', message, exitCode);
}
