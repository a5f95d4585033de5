/**
 * Phases of a job's time. `prepare` and `finish` are the platform's own work at either end; in `release` the attempt is
 * over and its machine is still billed.
 */
export const segmentKinds = [
  'prepare',
  'queue',
  'provision',
  'setup',
  'train',
  'release',
  'recover',
  'finish',
] as const;
export type SegmentKind = (typeof segmentKinds)[number];

export type Segment = {
  readonly kind: SegmentKind;
  /** Null before the first attempt. */
  readonly attempt: number | null;
  readonly startMs: number;
  readonly endMs: number;
  /** The segment has not ended yet. */
  readonly isOpen: boolean;
};
