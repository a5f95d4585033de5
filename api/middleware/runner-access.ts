import { runnerPrincipal } from '../../app/access/principals.ts';
import { ArtenicError } from '../../core/errors.ts';
import { tokenHashOf } from '../../store/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import type { RunnerCaller } from '../route.ts';

const signEveryMs = 2000;

/** Attempt tokens are 32 random bytes, and the attempt they belong to is in front of them. */
export async function callerOfToken(deps: ApiDeps, token: string): Promise<RunnerCaller> {
  const attempt = await deps.store.attempts.findByTokenHash(tokenHashOf(deps.keyPepper, token));
  if (attempt === null) throw new ArtenicError('unauthorized', 'This attempt token is not known.');
  const job = await deps.store.jobs.get(attempt.jobId);
  if (job.currentAttempt !== attempt.attempt)
    throw new ArtenicError('fenced', `Attempt ${job.currentAttempt} has taken over.`);
  const now = deps.now();
  // whatever it says, it lives; most of its requests come within a heartbeat's time of each other
  if (attempt.endedAt === null && now.getTime() - (attempt.lastHeartbeatAt?.getTime() ?? 0) >= signEveryMs)
    await deps.store.as(runnerPrincipal({ attempt, job })).attempts.heartbeat(attempt.id, now);
  return { attempt, job };
}

/** An ended attempt's runner may still deliver what it wrote before; it may not begin anything. */
export function mustBeOpen(caller: RunnerCaller): void {
  if (caller.attempt.state === 'ended') throw new ArtenicError('fenced', 'This attempt has ended.');
}
