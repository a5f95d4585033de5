import { formatDuration } from './format.ts';
import type { DecisionView } from './offers.ts';

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
