import type { AttemptView } from '@artenic/core';
import type { Segment } from './segment.ts';

type Billed = Pick<AttemptView, 'cost' | 'billedFrom' | 'billedUntil'>;

/**
 * An attempt's cost by segment, in USD micros; the parts sum to the attempt's cost. Each segment gets its share of the
 * billed time. If the billed time overlaps no segment (clocks differ), the time with an instance is used instead.
 */
export function segmentCosts({ cost, billedFrom, billedUntil }: Billed, segments: readonly Segment[]): number[] {
  const from = billedFrom === null ? Number.POSITIVE_INFINITY : Date.parse(billedFrom);
  const until = billedUntil === null ? Number.POSITIVE_INFINITY : Date.parse(billedUntil);
  const billed = segments.map(({ startMs, endMs }) => Math.max(0, Math.min(endMs, until) - Math.max(startMs, from)));
  const held = segments.map(({ kind, startMs, endMs }) =>
    kind === 'provision' || kind === 'setup' || kind === 'train' ? endMs - startMs : 0,
  );
  const weights = [billed, held].find((one) => sumOf(one) > 0) ?? segments.map(() => 1);
  const whole = sumOf(weights);
  let passed = 0;
  let given = 0;
  return weights.map((weight) => {
    passed += weight;
    const upToHere = Math.round((cost.usdMicros * passed) / whole);
    const share = upToHere - given;
    given = upToHere;
    return share;
  });
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}
