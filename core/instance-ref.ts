/** Enough to find an instance at its provider again. Plain data without secrets: it travels through histories and rows. */
export type InstanceRef = {
  readonly provider: string;
  readonly attemptId: string;
  readonly instanceId: string;
  readonly region: string;
};
