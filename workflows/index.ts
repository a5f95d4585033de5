/** The bundle's entry: every export here is a workflow type, and nothing else may be. */
export { checkProvider } from './check-provider.ts';
export { collectGarbage } from './collect-garbage.ts';
export { reconcileProviders } from './reconcile-providers.ts';
export { refreshCatalog } from './refresh-catalog.ts';
export { spotFailover } from './spot-failover.ts';
export { trainingAttempt } from './training-attempt.ts';
export { trainingJob } from './training-job.ts';
