import type { AttemptView } from '@artenic/core';
import { endingWord } from './names.ts';
import type { Segment } from './segment.ts';
import { segmentsOf, type JobTimes } from './segments.ts';

export const startPartKinds = ['prepare', 'queue', 'retry', 'provision', 'setup'] as const;
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
      return ['Artenic', 'Checks the job and chooses where it runs.'];
    case 'queue':
      return ['Your jobs ahead', 'Waits for free capacity. A higher priority or more capacity shortens it.'];
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

/** Breakdown of the time from submission to the first training step. The parts sum to `totalMs` exactly. */
export function startBreakdown(job: JobTimes, attempts: readonly AttemptView[], nowMs: number): StartBreakdown {
  const sorted = [...attempts].sort((a, b) => a.attempt - b.attempt);
  const starting = sorted.find(({ runningAt }) => runningAt !== null);
  const submittedMs = Date.parse(job.createdAt);
  const segments = segmentsOf(job, sorted, nowMs);
  const lastMs = segments.at(-1)?.endMs ?? submittedMs;
  const untilMs = typeof starting?.runningAt === 'string' ? Date.parse(starting.runningAt) : lastMs;
  const current = starting ?? sorted.at(-1);
  const sums = new Map<StartPartKind, number>();
  for (const segment of segments) {
    const durationMs = Math.min(segment.endMs, untilMs) - segment.startMs;
    if (durationMs <= 0) continue;
    const kind = kindOf(segment, current?.attempt ?? null);
    sums.set(kind, (sums.get(kind) ?? 0) + durationMs);
  }
  const earlier = sorted.filter(({ attempt }) => attempt < (current?.attempt ?? 0));
  const ended = starting === undefined ? sorted.filter(({ endedAt }) => endedAt !== null) : earlier;
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
