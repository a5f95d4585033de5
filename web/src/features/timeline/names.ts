import { formatPrice, type AttemptEndingKind, type AttemptView, formatDuration } from '@artenic/core';
import { endingStatus } from '../../lib/status.ts';
import type { Segment, SegmentKind } from './segment.ts';
import { heldMs, type Lane } from './lanes.ts';

export const segmentWords: Readonly<Record<SegmentKind, string>> = {
  prepare: 'Preparing',
  queue: 'Queued',
  provision: 'Provisioning',
  setup: 'Setup',
  train: 'Training',
  release: 'Ending the machine',
  recover: 'Recovering',
  finish: 'Collecting results',
};

/** Ending in lower case, for use inside a sentence. */
export const endingWord = (kind: AttemptEndingKind): string => endingStatus[kind].label.toLowerCase();

type Offer = Pick<AttemptView, 'provider' | 'region' | 'zone' | 'instanceType' | 'spot' | 'priceUsdMicrosPerHour'>;

/** `simulated · us-east-c · cpu-2 · spot · $0.0265/h`; a machine without a price has no market. */
export function offerWords(offer: Offer): string {
  const { provider, region, zone, instanceType, spot, priceUsdMicrosPerHour: price } = offer;
  const market = price === 0 ? [] : [spot ? 'spot' : 'on demand', formatPrice(price)];
  return [...new Set([provider, zone ?? region, instanceType, ...market])].join(' · ');
}

/** `attempt 2, preempted after 3 m 12 s`. */
export function laneName(lane: Lane): string {
  const { attempt } = lane;
  if (attempt === null) return 'before the first attempt';
  const held = formatDuration(heldMs(lane));
  if (attempt.ending !== null) return `attempt ${attempt.attempt}, ${endingWord(attempt.ending.kind)} after ${held}`;
  return `attempt ${attempt.attempt}, ${attempt.state === 'waiting' ? 'waiting for capacity' : `${attempt.state} for ${held}`}`;
}

export function segmentName(segment: Segment): string {
  const duration = formatDuration(segment.endMs - segment.startMs);
  return `${segmentWords[segment.kind]}, ${duration}${segment.isOpen ? ' so far' : ''}`;
}

/** Cursor position that the arrow keys move: a segment within a lane. */
export type Cursor = { readonly lane: number; readonly segment: number };

export function moveCursor(lanes: readonly Lane[], cursor: Cursor, key: string): Cursor | null {
  const within = (lane: number, segment: number): Cursor => {
    const safeLane = Math.min(Math.max(0, lane), lanes.length - 1);
    const last = Math.max(0, (lanes[safeLane]?.segments.length ?? 1) - 1);
    return { lane: safeLane, segment: Math.min(Math.max(0, segment), last) };
  };
  const { lane, segment } = cursor;
  const length = lanes[lane]?.segments.length ?? 0;
  switch (key) {
    case 'ArrowRight':
      // At a lane's end the cursor moves on to the next attempt's lane, where time continues.
      return segment + 1 < length || lane + 1 >= lanes.length ? within(lane, segment + 1) : within(lane + 1, 0);
    case 'ArrowLeft':
      return segment > 0 || lane === 0 ? within(lane, segment - 1) : within(lane - 1, Infinity);
    case 'ArrowDown':
      return within(lane + 1, segment);
    case 'ArrowUp':
      return within(lane - 1, segment);
    case 'Home':
      return within(0, 0);
    case 'End':
      return within(lanes.length - 1, Infinity);
    default:
      return null;
  }
}
