import type { SegmentKind } from './segment.ts';
import type { StartPartKind } from './time-to-start-parts.ts';

/**
 * Training, the paid time, has a strong colour; waiting is faint; recovering is striped, so that it does not rely on
 * colour alone.
 */
export const segmentFills: Readonly<Record<SegmentKind | StartPartKind, string>> = {
  prepare: 'bg-muted/35',
  credentials: 'stripes bg-bad',
  provider: 'stripes bg-bad',
  queue: 'bg-muted/60',
  provision: 'bg-chart-2',
  setup: 'bg-chart-3',
  train: 'bg-chart-1',
  release: 'stripes bg-chart-6',
  recover: 'stripes bg-warn',
  retry: 'stripes bg-warn',
  finish: 'bg-chart-4',
};
