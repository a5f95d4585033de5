import { objectKeys } from '@artenic/core';
import { z } from 'zod';
import { ArtenicError } from '../../../core/errors.ts';
import { systemPrincipal } from '../../../store/principal-scope.ts';
import { bootstrapTokenOf } from '../../../store/access/tokens.ts';
import { sameHash } from '../../../app/access/keys.ts';
import { bearerOf } from '../../middleware/access.ts';
import { route, tokenLimit, type Route } from '../../http/route.ts';

const params = z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const query = z.strictObject({ attempt: z.string().min(1).max(4096) });

/** Routes for the programs that a rented machine needs before its hello. The machine knows the hash of each program. */
export function runnerProgramRoutes(): readonly Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/runner/programs/{sha256}',
      permission: 'open',
      openLimit: tokenLimit,
      tag: 'runner',
      summary: "A program for a machine that boots, which shows its attempt's bootstrap token as the bearer",
      params,
      query,
      answers: { 200: { description: 'The program', type: 'application/octet-stream' } },
      handle: async ({ deps, params: { sha256 }, query: { attempt }, request }) => {
        if (!sameHash(bearerOf(request), bootstrapTokenOf(deps.keyPepper, attempt))) {
          throw new ArtenicError('unauthorized', 'This bootstrap token does not belong to this attempt.');
        }
        // The machine boots, which is a sign of life.
        const principal = systemPrincipal('machine-boot');
        await deps.store.as(principal).attempts.heartbeat(attempt, deps.now());
        const key = objectKeys.program(sha256);
        const present = await deps.storage.head(key);
        if (present === null) throw new ArtenicError('not-found', 'There is no such program.');
        const headers = { 'content-type': 'application/octet-stream', 'content-length': String(present.bytes) };
        return { status: 200, headers, stream: await deps.storage.get(key) };
      },
    }),
  ];
}
