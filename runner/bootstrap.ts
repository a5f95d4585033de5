import { readFileSync } from 'node:fs';
import { bootstrapAnswerSchema, bootstrapSchema, bootstrapSeedSchema, type Bootstrap } from '@artenic/core';
import { z } from 'zod';
import { createRunnerApi } from './report/api-client.ts';
import { writeWhole } from '@artenic/core/write-whole';

const fileSchema = z.union([bootstrapSchema, bootstrapSeedSchema.strict()]);
/** An unknown-token answer is retried for this long: another server may answer at the API's old address. */
const strangerMs = 60_000;

/**
 * Reads the bootstrap file. On a rented machine it contains only the API's URL and the bootstrap token: the other
 * fields are requested from the API, without a time limit, and added to the file. Objects are then reached by signed
 * requests.
 */
export async function readBootstrap(file: string, signal: AbortSignal): Promise<Bootstrap> {
  const known = fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  if ('storage' in known) return known;
  const { apiUrl, attemptId, bootstrapToken } = known;
  const api = createRunnerApi({ apiUrl }, bootstrapToken);
  const body = { attemptId, bootstrapToken };
  const rest = await api.postUntilAnswered('/bootstrap', body, bootstrapAnswerSchema, { strangerMs, signal });
  const bootstrap: Bootstrap = { ...known, ...rest, storage: { kind: 'signed' } };
  writeWhole(file, JSON.stringify(bootstrap));
  return bootstrap;
}
