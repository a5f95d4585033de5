/** Id of the schedule; Temporal appends the time to the id of each sweep's workflow. */
export const reconcileScheduleId = (provider: string): string => `reconcile/${provider}`;
