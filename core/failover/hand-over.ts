/** An attempt is given up this long after the announced end of its machine, even if it still works. */
const marginMs = 10_000;

/** The facts that show whether an attempt still writes anything that its replacement must wait for. */
export type Predecessor = {
  readonly attempt: number;
  readonly ending: { readonly kind: string } | null;
  /** Its completion marker exists, but the attempt has not been settled. */
  readonly isDone: boolean;
  /** Its last checkpoint is in storage, and its command was stopped before the end. */
  readonly releasedAt: Date | null;
  readonly noticeDeadlineAt: Date | null;
};

/** Whether the next attempt may restore and continue. From then on writes of this attempt are refused. */
export function handsOver({ ending, isDone, releasedAt, noticeDeadlineAt }: Predecessor, now: Date): boolean {
  // a succeeded attempt has finished the job and has no successor
  if (ending !== null) return ending.kind !== 'succeeded';
  if (isDone) return false;
  if (releasedAt !== null) return true;
  return noticeDeadlineAt !== null && now.getTime() >= noticeDeadlineAt.getTime() + marginMs;
}

/**
 * The attempt whose writes count after an attempt has ended: its replacement, which may already run beside it without
 * having said hello. Without a replacement the ended attempt may still deliver its files. An attempt that still works
 * keeps its place until its replacement says hello.
 */
export function fenceAfterEnding(
  attempts: readonly Pick<Predecessor, 'attempt' | 'ending'>[],
  currentAttempt: number,
): number {
  const inOrder = attempts.toSorted((one, other) => one.attempt - other.attempt);
  const holder = inOrder.find(({ ending }) => ending === null || ending.kind === 'succeeded');
  return Math.max(currentAttempt, holder?.attempt ?? 0);
}
