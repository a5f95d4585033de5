import { ArtenicError } from '../../core/errors.ts';
import { tokenHashOf } from '../../store/access/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import type { RunnerCaller } from '../http/route.ts';

const mostSignEveryMs = 2000;

/** Attempt tokens are 32 random bytes, and the attempt they belong to is in front of them. */
export async function callerOfToken(deps: ApiDeps, token: string): Promise<RunnerCaller> {
  // whatever it says, it lives; most of its requests come within a heartbeat's time of each other
  const signEveryMs = Math.min(mostSignEveryMs, deps.silence.silentAfterMs / 5);
  const heard = await deps.store.attempts.hear(tokenHashOf(deps.keyPepper, token), deps.now(), signEveryMs);
  if (heard === null) throw new ArtenicError('unauthorized', 'This attempt token is not known.');
  const { attempt, job } = heard;
  if (job.currentAttempt !== attempt.attempt)
    throw new ArtenicError('fenced', `Attempt ${job.currentAttempt} has taken over.`);
  return { attempt, job };
}

/** An ended attempt's runner may still deliver what it wrote before; it may not begin anything. */
export function mustBeOpen(caller: RunnerCaller): void {
  if (caller.attempt.state === 'ended') throw new ArtenicError('fenced', 'This attempt has ended.');
}
