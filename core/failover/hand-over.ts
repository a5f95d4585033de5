/** How long after the announced end of its machine an attempt is given up, whatever it may still do. */
const marginMs = 10_000;

/** What tells that an attempt writes nothing more that its replacement must wait for. */
export type Predecessor = {
  readonly attempt: number;
  readonly ending: { readonly kind: string } | null;
  /** Its completion marker exists, but the attempt has not been settled. */
  readonly isDone: boolean;
  /** Its last checkpoint is in storage, and its command was stopped before the end. */
  readonly releasedAt: Date | null;
  readonly noticeDeadlineAt: Date | null;
};

/** Whether the attempt after this one may restore and go on: from then on this one's writes are refused. */
export function handsOver({ ending, isDone, releasedAt, noticeDeadlineAt }: Predecessor, now: Date): boolean {
  // what has finished the job is followed by nothing
  if (ending !== null) return ending.kind !== 'succeeded';
  if (isDone) return false;
  if (releasedAt !== null) return true;
  return noticeDeadlineAt !== null && now.getTime() >= noticeDeadlineAt.getTime() + marginMs;
}

/**
 * Whose writes count when an attempt has ended: those of its replacement, which may stand beside it and not have said hello
 * yet. Without one it may still deliver what it had written, and one that is still at work keeps its place until that hello.
 */
export function fenceAfterEnding(
  attempts: readonly Pick<Predecessor, 'attempt' | 'ending'>[],
  currentAttempt: number,
): number {
  const inOrder = attempts.toSorted((one, other) => one.attempt - other.attempt);
  const holder = inOrder.find(({ ending }) => ending === null || ending.kind === 'succeeded');
  return Math.max(currentAttempt, holder?.attempt ?? 0);
}
