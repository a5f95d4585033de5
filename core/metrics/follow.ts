/** Points that a follower of a job already has, and the points since then. */
export type FollowFacts = {
  /** The last point that the follower has; 0 if it has none. */
  readonly after: bigint;
  /** Null without points. */
  readonly newest: {
    readonly id: bigint;
    readonly attempt: number;
    readonly firstStep: number;
    readonly firstId: bigint;
    readonly hasEarlier: boolean;
  } | null;
  /** Points after `after`. */
  readonly points: readonly { readonly attempt: number; readonly step: number }[];
  /** Most points sent at once; `points` may hold one more. */
  readonly limit: number;
};

/**
 * Whether a follower must read the series again, because appending the new points to its own would give a wrong series:
 * there are too many new points, or they change which points of an earlier attempt are replaced.
 */
export function mustReload({ after, newest, points, limit }: FollowFacts): boolean {
  if (after > (newest?.id ?? 0n)) return true;
  if (newest === null || points.length === 0) return false;
  if (points.length > limit || newest.firstId > after) return true;
  const { attempt, firstStep, hasEarlier } = newest;
  return points.some((point) => point.attempt !== attempt || (hasEarlier && point.step <= firstStep));
}
