/**
 * Contracts between workflows, workers and the API, by feature. Types and pure functions only, so that every side may
 * import them.
 */
export * from './catalog.ts';
export * from './datasets.ts';
export * from './providers.ts';
export * from './queues.ts';
export * from './reconcile.ts';
export * from './retention.ts';
export * from './search-attributes.ts';
export * from './training.ts';
