/** Signatures of all activities, by feature. Workflows import only these types from activities. */
export type * from './catalog.ts';
export type * from './datasets.ts';
export type * from './providers.ts';
export type * from './reconcile.ts';
export type * from './retention.ts';
export type * from './training.ts';
