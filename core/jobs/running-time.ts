/** The fields of an attempt that determine how long it ran. */
export type RunningSpan = {
  readonly attempt: number;
  readonly helloAt: Date | null;
  readonly lastHeartbeatAt: Date | null;
  readonly runnerOverAt: Date | null;
  readonly endedAt: Date | null;
};

const hourMs = 3_600_000;

/** From the hello to the end that the runner reported, or to the last sign of life of a machine that disappeared. */
function ranMs({ helloAt, lastHeartbeatAt, runnerOverAt, endedAt }: RunningSpan, untilMs: number): number {
  if (helloAt === null) return 0;
  const end = runnerOverAt ?? (endedAt === null ? null : (lastHeartbeatAt ?? endedAt));
  return Math.max(0, Math.min(end?.getTime() ?? untilMs, untilMs) - helloAt.getTime());
}

/** Part of `maxHours` that is left at `atMs`. Time between attempts, in which nothing runs, does not count. */
export function leftMsOf(maxHours: number, attempts: readonly RunningSpan[], atMs: number): number {
  return maxHours * hourMs - attempts.reduce((sum, one) => sum + ranMs(one, atMs), 0);
}

/** When `maxHours` ends for an attempt that says hello now, after the attempts before it. */
export function stopAtOf(
  maxHours: number,
  attempts: readonly RunningSpan[],
  { attempt, helloAt }: { readonly attempt: number; readonly helloAt: Date },
): Date {
  const before = attempts.filter((other) => other.attempt < attempt);
  return new Date(helloAt.getTime() + leftMsOf(maxHours, before, helloAt.getTime()));
}

/**
 * Time at which a decision must treat `maxHours` as used up, in milliseconds since 1970. While an attempt runs this is
 * the stop time that its runner got; while nothing runs it is null (time is left) or now.
 */
export function decisiveStopAtMs(
  maxHours: number,
  attempts: readonly RunningSpan[],
  { stopAt, nowMs }: { readonly stopAt: Date | null; readonly nowMs: number },
): number | null {
  const isRunning = attempts.some(({ helloAt, endedAt }) => helloAt !== null && endedAt === null);
  if (isRunning) return stopAt?.getTime() ?? null;
  return leftMsOf(maxHours, attempts, nowMs) > 0 ? null : nowMs;
}
