/**
 * Enough to find an instance at its provider again. Plain data without secrets, because it is stored in histories and
 * rows.
 */
export type InstanceRef = {
  readonly provider: string;
  readonly attemptId: string;
  readonly instanceId: string;
  readonly region: string;
};

/** Prefix of the local provider's regions: each region names the machine with the instances, and its task queue. */
export const localMachinePrefix = 'local-';

/** The machine of a local instance; null for a region that names no machine, as in handles of earlier releases. */
export function localMachineOf(region: string): string | null {
  return /^local-[0-9a-f]{12}$/.test(region) ? region : null;
}
