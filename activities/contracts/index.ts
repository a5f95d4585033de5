/** Signatures of every activity, by feature. Workflows import these types and nothing else from activities. */
export type * from './catalog.ts';
export type * from './providers.ts';
export type * from './reconcile.ts';
export type * from './retention.ts';
export type * from './training.ts';
