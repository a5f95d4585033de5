/** The bundle's entry: every export here is a workflow type, and nothing else may be. */
export { checkProvider } from './reconcile/check-provider.ts';
export { collectGarbage } from './retention/collect-garbage.ts';
export { reconcileProviders } from './reconcile/reconcile-providers.ts';
export { profileDataset } from './datasets/profile-dataset.ts';
export { refreshCatalog } from './catalog/refresh-catalog.ts';
export { spotFailover } from './training/spot-failover.ts';
export { trainingAttempt } from './training/training-attempt.ts';
export { trainingJob } from './training/training-job.ts';
