export { createClient, type ArtenicClient, type ObjectKind } from './client.ts';
export { ArtenicApiError, ArtenicUnreachableError } from './errors.ts';
export type { ClientOptions, UploadBody } from './http.ts';
export type { LineageFile } from './lineage.ts';
export type { LiveOptions, LiveSubscription } from './live.ts';
