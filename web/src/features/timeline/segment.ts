/** What a job's time goes into. `prepare` and `finish` are the platform's own work at either end. */
export const segmentKinds = ['prepare', 'queue', 'provision', 'setup', 'train', 'recover', 'finish'] as const;
export type SegmentKind = (typeof segmentKinds)[number];

export type Segment = {
  readonly kind: SegmentKind;
  /** Null before the first attempt. */
  readonly attempt: number | null;
  readonly startMs: number;
  readonly endMs: number;
  /** Still going on. */
  readonly isOpen: boolean;
};
