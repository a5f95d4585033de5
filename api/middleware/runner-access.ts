import { ArtenicError } from '../../core/errors.ts';
import { tokenHashOf } from '../../store/access/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import type { RunnerCaller } from '../http/route.ts';

const mostSignEveryMs = 2000;

/**
 * The attempt and job of an attempt token: 32 random bytes of the runner, looked up by their hash. Throws `fenced` when
 * a newer attempt has taken over.
 */
export async function callerOfToken(deps: ApiDeps, token: string): Promise<RunnerCaller> {
  // Every request is a sign of life, but it is written at most this often: most requests follow the last one within a
  // heartbeat's time.
  const signEveryMs = Math.min(mostSignEveryMs, deps.silence.silentAfterMs / 5);
  const heard = await deps.store.attempts.hear(tokenHashOf(deps.keyPepper, token), deps.now(), signEveryMs);
  if (heard === null) throw new ArtenicError('unauthorized', 'This attempt token is not known.');
  const { attempt, job } = heard;
  if (job.currentAttempt !== attempt.attempt)
    throw new ArtenicError('fenced', `Attempt ${job.currentAttempt} has taken over.`);
  return { attempt, job };
}

/** The runner of an ended attempt may still deliver what it wrote before; it may not begin anything. */
export function mustBeOpen(caller: RunnerCaller): void {
  if (caller.attempt.state === 'ended') throw new ArtenicError('fenced', 'This attempt has ended.');
}
