import { availableParallelism, hostname, platform } from 'node:os';
import { helloResponseSchema, type Bootstrap, type HelloResponse } from '@artenic/core';
import type { RunnerApi } from './api-client.ts';

/**
 * The API may answer "unknown token" for this long before it is believed: meanwhile, another server may hold its
 * address.
 */
const strangerMs = 60_000;

/** Waits for the API without a time limit, or until `signal`. */
export function sendHello(
  api: RunnerApi,
  { attemptId, bootstrapToken }: Pick<Bootstrap, 'attemptId' | 'bootstrapToken'>,
  attemptToken: string,
  signal?: AbortSignal,
): Promise<HelloResponse> {
  const host = { hostname: hostname(), platform: platform(), cores: availableParallelism(), pid: process.pid };
  return api.postUntilAnswered('/hello', { attemptId, bootstrapToken, attemptToken, host }, helloResponseSchema, {
    strangerMs,
    ...(signal === undefined ? {} : { signal }),
  });
}
