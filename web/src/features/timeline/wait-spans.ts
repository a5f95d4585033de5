import { isTerminalJobState, type DecisionView, type JobView, type LaunchRefusalView } from '@artenic/core';
import type { JobTimes } from './segments.ts';

/** A time in which the job waited for something that a person has to repair. */
export type WaitSpan = { readonly kind: 'credentials' | 'provider'; readonly fromMs: number; readonly untilMs: number };

const kindOfRefusal = { unauthorized: 'credentials', unavailable: 'provider' } as const;

/**
 * Waits for credentials or providers, in order and without overlaps: by the decisions to wait, the refused launches, and
 * the present situation. Credentials come first where two overlap.
 */
export function waitSpans(
  job: Pick<JobView, 'state' | 'situation'> & JobTimes,
  decisions: readonly DecisionView[],
  refusals: readonly LaunchRefusalView[],
  nowMs: number,
): readonly WaitSpan[] {
  const endMs = job.finishedAt === null ? nowMs : Date.parse(job.finishedAt);
  const decided = decisions.flatMap(({ waitsFor, decidedAt }, index): readonly WaitSpan[] => {
    if (waitsFor !== 'credentials' && waitsFor !== 'provider') return [];
    const next = decisions[index + 1]?.decidedAt;
    return [{ kind: waitsFor, fromMs: Date.parse(decidedAt), untilMs: next === undefined ? endMs : Date.parse(next) }];
  });
  const refused = refusals.flatMap(({ kind, firstAt, lastAt }): readonly WaitSpan[] =>
    kind === 'unauthorized' || kind === 'unavailable'
      ? [{ kind: kindOfRefusal[kind], fromMs: Date.parse(firstAt), untilMs: Date.parse(lastAt) }]
      : [],
  );
  const { situation } = job;
  const isNow = !isTerminalJobState(job.state) && (situation?.kind === 'credentials' || situation?.kind === 'provider');
  const now: readonly WaitSpan[] =
    isNow && situation !== null
      ? [
          {
            kind: situation.kind === 'credentials' ? 'credentials' : 'provider',
            fromMs: Date.parse(situation.since),
            untilMs: endMs,
          },
        ]
      : [];
  return disjoint([...decided, ...refused, ...now]);
}

function disjoint(spans: readonly WaitSpan[]): readonly WaitSpan[] {
  const edges = [...new Set(spans.flatMap(({ fromMs, untilMs }) => [fromMs, untilMs]))].toSorted((a, b) => a - b);
  return edges.flatMap((fromMs, index): readonly WaitSpan[] => {
    const untilMs = edges[index + 1];
    if (untilMs === undefined) return [];
    const over = spans.filter((span) => span.fromMs <= fromMs && span.untilMs >= untilMs);
    if (over.length === 0) return [];
    const kind = over.some((span) => span.kind === 'credentials') ? 'credentials' : 'provider';
    return [{ kind, fromMs, untilMs }];
  });
}
