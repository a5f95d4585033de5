/** The fields of an attempt that tell when its command trained. */
export type TrainedSpan = {
  readonly runningAt: Date | null;
  readonly runnerOverAt: Date | null;
  readonly lastHeartbeatAt: Date | null;
  readonly terminateTriedAt: Date | null;
  readonly endedAt: Date | null;
};

/**
 * Time in which a job's command trained, over all its attempts. An attempt whose machine disappeared trained until its
 * last sign of life. Attempts that train beside each other count once each.
 */
export function trainingMsOf(attempts: readonly TrainedSpan[], nowMs: number): number {
  return attempts.reduce((sum, one) => {
    if (one.runningAt === null) return sum;
    const isOver = one.endedAt !== null || one.terminateTriedAt !== null;
    const end = one.runnerOverAt ?? (isOver ? (one.lastHeartbeatAt ?? one.endedAt) : null);
    return sum + Math.max(0, (end?.getTime() ?? nowMs) - one.runningAt.getTime());
  }, 0);
}
