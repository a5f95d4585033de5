import type { JobSpec } from '@artenic/core';
import { silentMsSince, type Uptime } from '../silence/silence.ts';

/**
 * How long a delivery may move no byte. Runners count each chunk that is read or sent, but a runner of another release
 * may count a part only when the storage has accepted it: 256 MiB in ten minutes are 3.6 Mbit/s, the slowest supported
 * line. The storage may also need minutes to assemble a large object from its parts.
 */
export const deliveryStallMs = 600_000;

/** Default for jobs that were submitted before the field existed. */
const usualGraceSeconds = 3600;

export function deliveryGraceMsOf({ deliveryGraceSeconds }: Partial<Pick<JobSpec, 'deliveryGraceSeconds'>>): number {
  return (deliveryGraceSeconds ?? usualGraceSeconds) * 1000;
}

export type DeliveryFacts = {
  /** When a byte was last moved for the first time; null while the command runs. */
  readonly movedAtMs: number | null;
  /** When everything was delivered and the runner's last event was reported; null before. */
  readonly deliveredAtMs: number | null;
  /** End of the command's graces; `graceMs` is counted from here. */
  readonly sinceMs: number;
  readonly graceMs: number;
  readonly uptime: Uptime | null;
  readonly nowMs: number;
};

/**
 * `none`: the command still runs, so nothing is delivered yet. `stalled`: no byte has moved for `deliveryStallMs`,
 * counting only time in which the API was there to receive the report. `overdue`: bytes move, but the job's own limit
 * is over.
 */
export type DeliveryState = 'none' | 'under-way' | 'delivered' | 'stalled' | 'overdue';

export function deliveryStateOf(facts: DeliveryFacts): DeliveryState {
  const { movedAtMs, deliveredAtMs, sinceMs, graceMs, uptime, nowMs } = facts;
  if (deliveredAtMs !== null) return 'delivered';
  if (movedAtMs === null) return 'none';
  if (nowMs >= sinceMs + graceMs) return 'overdue';
  const quietMs = uptime === null ? nowMs - movedAtMs : silentMsSince(movedAtMs, uptime);
  return quietMs >= deliveryStallMs ? 'stalled' : 'under-way';
}
