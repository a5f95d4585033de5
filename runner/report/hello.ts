import { availableParallelism, hostname, platform } from 'node:os';
import { helloResponseSchema, type Bootstrap, type HelloResponse } from '@artenic/core';
import type { RunnerApi } from './api-client.ts';

/** An unknown-token answer is retried for this long: another server may answer at the API's old address. */
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
