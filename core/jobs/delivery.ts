import type { JobSpec } from '@artenic/core';
import { silentMsSince, type Uptime } from '../silence/silence.ts';

/**
 * How long a delivery may move no byte. Runners count each chunk that is read or sent, but one of another release may count
 * a part when the storage has taken it: 256 MiB in ten minutes are 3.6 Mbit/s, the slowest line that is waited for. And the
 * storage itself may need minutes to put a large object together from its parts.
 */
export const deliveryStallMs = 600_000;

/** Jobs that were submitted before the field existed have no value of it. */
const usualGraceSeconds = 3600;

export function deliveryGraceMsOf({ deliveryGraceSeconds }: Partial<Pick<JobSpec, 'deliveryGraceSeconds'>>): number {
  return (deliveryGraceSeconds ?? usualGraceSeconds) * 1000;
}

export type DeliveryFacts = {
  /** When the last byte was moved that had not been moved before; null while the command runs. */
  readonly movedAtMs: number | null;
  /** When everything was delivered, the runner's last event being told; null before. */
  readonly deliveredAtMs: number | null;
  /** When the command's graces ended, from which `graceMs` is counted. */
  readonly sinceMs: number;
  readonly graceMs: number;
  readonly uptime: Uptime | null;
  readonly nowMs: number;
};

/**
 * `none`: the command is not over, so that nothing is delivered. `stalled`: nothing has moved for `deliveryStallMs`, counted
 * while the API was there to hear it. `overdue`: it moves, but the job's own bound is over.
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
