import type { AttemptView } from '@artenic/core';
import { endingWord } from './names.ts';
import type { Segment } from './segment.ts';
import { segmentsOf, type JobTimes } from './segments.ts';
import type { WaitSpan } from './wait-spans.ts';

export const startPartKinds = ['prepare', 'credentials', 'provider', 'queue', 'retry', 'provision', 'setup'] as const;
export type StartPartKind = (typeof startPartKinds)[number];

export type StartPart = {
  readonly kind: StartPartKind;
  readonly durationMs: number;
  /** The party that can shorten this part. */
  readonly owner: string;
  readonly hint: string;
};

export type StartBreakdown = {
  readonly parts: readonly StartPart[];
  readonly totalMs: number;
  /** False until an attempt has begun to train. */
  readonly hasStarted: boolean;
};

function kindOf(segment: Segment, startingAttempt: number | null): StartPartKind {
  const isEarlier = segment.attempt !== startingAttempt && segment.kind !== 'prepare' && segment.kind !== 'queue';
  if (isEarlier) return 'retry';
  switch (segment.kind) {
    case 'prepare':
    case 'queue':
    case 'provision':
    case 'setup':
      return segment.kind;
    case 'train':
    case 'release':
    case 'recover':
    case 'finish':
      return 'retry';
  }
}

function ownerAndHint(
  kind: StartPartKind,
  provider: string,
  earlier: readonly AttemptView[],
): readonly [string, string] {
  switch (kind) {
    case 'prepare':
      return ['Artenic', 'Validating the job and choosing a machine.'];
    case 'credentials':
      return ['You', 'Renew the credentials of the worker; the job continues by itself.'];
    case 'provider':
      return ['You', 'Run `artenic doctor`: no provider of the job could be used.'];
    case 'queue':
      return ['Queue', 'Waiting for jobs ahead of it. A higher priority or more capacity shortens it.'];
    case 'provision':
      return [`Provider ${provider}`, 'The instance starts and its runner reports in.'];
    case 'setup':
      return ['Your setup commands', 'Runs what the job file says. An unchanged setup comes from the cache.'];
    case 'retry': {
      const words = [...new Set(earlier.flatMap(({ ending }) => (ending === null ? [] : [endingWord(ending.kind)])))];
      const count = `${earlier.length} earlier ${earlier.length === 1 ? 'attempt' : 'attempts'}`;
      return [`Provider ${provider}`, words.length === 0 ? `${count}.` : `${count}: ${words.join(', ')}.`];
    }
  }
}

/** The job fields that the breakdown needs: it ends at the cancel of a job that never trained. */
export type StartTimes = JobTimes & { readonly cancelRequestedAt?: string | null };

/** End of the breakdown of a job that never trained: its cancel, or the end of its last attempt. */
function endWithoutStart(job: StartTimes, last: AttemptView | undefined, lastMs: number): number {
  const { cancelRequestedAt = null, finishedAt } = job;
  if (cancelRequestedAt !== null) return Math.min(lastMs, Date.parse(cancelRequestedAt));
  const endedAt = last?.endedAt ?? null;
  return finishedAt === null || endedAt === null ? lastMs : Math.min(lastMs, Date.parse(endedAt));
}

/** Time of a segment that lies in waits of each kind. */
function waitedIn(
  waits: readonly WaitSpan[],
  fromMs: number,
  untilMs: number,
): readonly (readonly [WaitSpan['kind'], number])[] {
  return waits.flatMap((wait): readonly (readonly [WaitSpan['kind'], number])[] => {
    const durationMs = Math.min(untilMs, wait.untilMs) - Math.max(fromMs, wait.fromMs);
    return durationMs > 0 ? [[wait.kind, durationMs]] : [];
  });
}

/**
 * Breakdown of the time from submission to the first training step. The parts sum to `totalMs` exactly.
 * @param waits without overlaps; their time is taken from the segments in which nothing ran
 */
export function startBreakdown(
  job: StartTimes,
  attempts: readonly AttemptView[],
  nowMs: number,
  waits: readonly WaitSpan[] = [],
): StartBreakdown {
  const sorted = [...attempts].sort((a, b) => a.attempt - b.attempt);
  const starting = sorted.find(({ runningAt }) => runningAt !== null);
  const submittedMs = Date.parse(job.createdAt);
  const segments = segmentsOf(job, sorted, nowMs);
  const lastMs = segments.at(-1)?.endMs ?? submittedMs;
  const current = starting ?? sorted.at(-1);
  const untilMs =
    typeof starting?.runningAt === 'string' ? Date.parse(starting.runningAt) : endWithoutStart(job, current, lastMs);
  const sums = new Map<StartPartKind, number>();
  for (const segment of segments) {
    const endMs = Math.min(segment.endMs, untilMs);
    const durationMs = endMs - segment.startMs;
    if (durationMs <= 0) continue;
    const kind = kindOf(segment, current?.attempt ?? null);
    const waited = kind === 'setup' ? [] : waitedIn(waits, segment.startMs, endMs);
    const waitedMs = waited.reduce((sum, [, one]) => sum + one, 0);
    for (const [part, partMs] of [...waited, [kind, durationMs - waitedMs] as const])
      if (partMs > 0) sums.set(part, (sums.get(part) ?? 0) + partMs);
  }
  const earlier = sorted.filter(({ attempt }) => attempt < (current?.attempt ?? 0));
  // the last attempt of an open job is an earlier one of the attempt that follows
  const isOver = starting !== undefined || job.finishedAt !== null;
  const ended = isOver ? earlier : sorted.filter(({ endedAt }) => endedAt !== null);
  const parts = startPartKinds.flatMap((kind) => {
    const durationMs = sums.get(kind);
    if (durationMs === undefined) return [];
    const [owner, hint] = ownerAndHint(kind, current?.provider ?? '', ended);
    return [{ kind, durationMs, owner, hint }];
  });
  return {
    parts,
    totalMs: parts.reduce((sum, { durationMs }) => sum + durationMs, 0),
    hasStarted: starting !== undefined,
  };
}
