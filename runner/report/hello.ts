import { availableParallelism, hostname, platform } from 'node:os';
import { helloResponseSchema, type Bootstrap, type HelloResponse } from '@artenic/core';
import type { RunnerApi } from './api-client.ts';

/** A token that our API does not know stays unknown; only a stranger at its address is worth waiting for. */
const strangerMs = 60_000;

/** Waits for the API as long as it takes, or until `signal`. */
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
