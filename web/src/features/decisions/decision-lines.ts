import { formatDuration } from '@artenic/core';
import type { AttemptView, DecisionView, JobState } from '@artenic/core';
import type { IconName } from '../../components/icon.tsx';
import { endingStatus, jobStatus, type Tone } from '../../lib/status.ts';

/** One line of a job's decisions: one decision, or neighbours that say the same. */
export type DecisionLine = {
  /** Number of its first decision. */
  readonly id: number;
  readonly kind: DecisionView['kind'];
  /** The attempt that it is about: the one launched, or the newest one before a wait. */
  readonly attempt: number | null;
  readonly step: string | null;
  /** Policy with its version. */
  readonly policy: string;
  readonly reason: string;
  readonly count: number;
  readonly fromAt: string;
  readonly lastAt: string;
  /** Until the next line's first decision, or the end of the job. */
  readonly durationMs: number;
};

/** Waiting and watching repeat themselves; a launch or an end is said once, whatever it says. */
function isSame(line: DecisionLine, next: DecisionView): boolean {
  const repeats = next.kind === 'wait' || next.kind === 'watch';
  return repeats && line.kind === next.kind && line.reason === next.reason && line.policy === next.policyVersion;
}

/**
 * Decisions in the order in which they were made, equal neighbours as one line.
 * @param untilMs end of the job, or now: until then the last decision holds
 */
export function decisionLines(decisions: readonly DecisionView[], untilMs: number): readonly DecisionLine[] {
  const sorted = decisions.toSorted((one, other) => one.decision - other.decision);
  const lines: DecisionLine[] = [];
  for (const next of sorted) {
    const line = lines.at(-1);
    if (line !== undefined && isSame(line, next)) {
      lines[lines.length - 1] = { ...line, count: line.count + 1, lastAt: next.decidedAt };
      continue;
    }
    lines.push({
      ...{ id: next.decision, kind: next.kind, step: next.step, policy: next.policyVersion },
      attempt: next.attempt ?? line?.attempt ?? null,
      ...{ reason: next.reason, count: 1, fromAt: next.decidedAt, lastAt: next.decidedAt, durationMs: 0 },
    });
  }
  return lines.map((line, index) => {
    const until = lines[index + 1]?.fromAt;
    const endMs = until === undefined ? Math.max(untilMs, Date.parse(line.lastAt)) : Date.parse(until);
    return { ...line, durationMs: Math.max(0, endMs - Date.parse(line.fromAt)) };
  });
}

/** `Waited 2 m, 17 looks`: what was decided, and how often. */
export function decisionTitle({ kind, attempt, count, durationMs }: DecisionLine, isOpen: boolean): string {
  const looks = count === 1 ? '' : `, ${count} looks`;
  const took = durationMs < 1000 ? '' : ` ${formatDuration(durationMs)}`;
  switch (kind) {
    case 'launch':
      return `Launched attempt ${attempt ?? ''}`.trim();
    case 'replace':
      return `Replaced by attempt ${attempt ?? ''}`.trim();
    case 'wait':
      return isOpen ? `Waiting${took === '' ? '' : ` for${took}`}${looks}` : `Waited${took}${looks}`;
    case 'watch':
      return `${isOpen ? 'Still running' : 'Kept running'} attempt ${attempt ?? ''}`.trim() + looks;
    case 'finish':
      return 'Job ended';
    default:
      return kind satisfies never;
  }
}

type Tried = Pick<AttemptView, 'attempt' | 'provider' | 'region' | 'zone' | 'instanceType' | 'ending'>;

/** Why an attempt ended, as part of a sentence. */
function causeOf({ ending }: Tried): string {
  if (ending === null) return 'replaced';
  return ending.kind === 'lost' ? 'the instance stopped responding' : endingStatus[ending.kind].label.toLowerCase();
}

/**
 * Why a line's decision was made. A launch is told from what changed since the attempt before it; what the policy wrote
 * stands in for it where that is not known.
 */
export function decisionReason(line: DecisionLine, attempts: readonly Tried[]): string {
  const { kind, attempt, step, reason } = line;
  if (kind === 'watch' && /^Attempt \d+ is under way\.$/.test(reason)) return '';
  const now = attempts.find((one) => one.attempt === attempt);
  const before = attempts.findLast((one) => one.attempt < (attempt ?? 0));
  if ((kind !== 'launch' && kind !== 'replace') || step === null || now === undefined) return reason;
  if (step === 'first') return 'First attempt';
  if (before === undefined) return reason;
  const cause = causeOf(before);
  switch (step) {
    case 'same-offer':
      return `Retried: ${cause} (attempt ${before.attempt})`;
    case 'next-zone':
    case 'next-region':
      return `Moved to ${now.zone ?? now.region} (${cause} in ${before.zone ?? before.region})`;
    case 'next-provider':
      return `Moved to ${now.provider} (${cause} at ${before.provider})`;
    case 'next-type':
      return `Changed to ${now.instanceType} (${cause} on ${before.instanceType})`;
    case 'on-demand':
      return `Changed to an on-demand machine (${cause})`;
    case 'back-to-spot':
      return `Back to a spot machine (${cause})`;
    default:
      return reason;
  }
}

const policyNames: Readonly<Record<string, string>> = {
  'spot-only': 'Spot machines only',
  'on-demand-only': 'On-demand machines only',
  'spot-with-fallback': 'Spot machines, on demand as fallback',
};

/** `Spot machines only (rules version 3)` for `spot-only-3`. */
export function policyWords(policyVersion: string): string {
  const found = /^(.+)-(\d+)$/.exec(policyVersion);
  const name = policyNames[found?.[1] ?? policyVersion];
  return name === undefined ? policyVersion : `${name} (rules version ${found?.[2] ?? '1'})`;
}

const icons: Readonly<Record<Exclude<DecisionView['kind'], 'finish'>, IconName>> = {
  launch: 'play',
  wait: 'hourglass',
  watch: 'search',
  replace: 'recover',
};

/** The end of a job has the icon of how it ended. */
export function decisionIcon(kind: DecisionView['kind'], state: JobState): { icon: IconName; tone: Tone } {
  if (kind !== 'finish') return { icon: icons[kind], tone: 'muted' };
  const { icon, tone } = jobStatus[state];
  return { icon, tone };
}
