import { readFileSync } from 'node:fs';
import { bootstrapAnswerSchema, bootstrapSchema, bootstrapSeedSchema, type Bootstrap } from '@artenic/core';
import { z } from 'zod';
import { createRunnerApi } from './report/api-client.ts';
import { writeWhole } from '@artenic/core/write-whole';

const fileSchema = z.union([bootstrapSchema, bootstrapSeedSchema.strict()]);
/** A token that our API does not know stays unknown. */
const strangerMs = 60_000;

/**
 * The bootstrap file. A rented machine's knows only where the API is and the bootstrap token: the rest is asked for, as
 * long as it takes, and the file is made whole. Objects are then reached by signed requests.
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
