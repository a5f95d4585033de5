/** What a follower of a job's points has, and what has come since. */
export type FollowFacts = {
  /** The last point that the follower knows of; 0 when it knows of none. */
  readonly after: bigint;
  /** Null without points. */
  readonly newest: {
    readonly id: bigint;
    readonly attempt: number;
    readonly firstStep: number;
    readonly firstId: bigint;
    readonly hasEarlier: boolean;
  } | null;
  /** Behind `after`. */
  readonly points: readonly { readonly attempt: number; readonly step: number }[];
  /** So many are told at most; there may be one more in `points`. */
  readonly limit: number;
};

/**
 * Whether a follower must read the series again, as adding the new points to what it has would not give them. That is so
 * when there are too many of them, and when they change which points of an earlier attempt are replaced.
 */
export function mustReload({ after, newest, points, limit }: FollowFacts): boolean {
  if (after > (newest?.id ?? 0n)) return true;
  if (newest === null || points.length === 0) return false;
  if (points.length > limit || newest.firstId > after) return true;
  const { attempt, firstStep, hasEarlier } = newest;
  return points.some((point) => point.attempt !== attempt || (hasEarlier && point.step <= firstStep));
}
