/** Enough to find an instance at its provider again. Plain data without secrets: it travels through histories and rows. */
export type InstanceRef = {
  readonly provider: string;
  readonly attemptId: string;
  readonly instanceId: string;
  readonly region: string;
};

/** Regions of the local provider's instances: each names the machine that has them, and its task queue. */
export const localMachinePrefix = 'local-';

/** The machine of a local instance; null for a region that names none, as in handles of earlier releases. */
export function localMachineOf(region: string): string | null {
  return /^local-[0-9a-f]{12}$/.test(region) ? region : null;
}
