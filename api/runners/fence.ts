import { ArtenicError } from '../../core/errors.ts';
import type { AttemptRecord, Repositories } from '../../store/types.ts';
import type { RunnerCaller } from '../http/route.ts';

function mustBeCurrent({ attempt }: RunnerCaller, currentAttempt: number): void {
  if (currentAttempt !== attempt.attempt) throw new ArtenicError('fenced', `Attempt ${currentAttempt} has taken over.`);
}

/**
 * For a transaction that writes data of this attempt: no other attempt takes over before the transaction ends. The
 * earlier access check only allows a quick answer, because the fence may move after it.
 */
export async function holdFence({ jobs }: Repositories, caller: RunnerCaller): Promise<void> {
  mustBeCurrent(caller, await jobs.holdFence(caller.job.id));
}

/** Like `holdFence`, for a transaction that changes the job's row, and only while the attempt has not ended. */
export async function lockOpen({ jobs, attempts }: Repositories, caller: RunnerCaller): Promise<AttemptRecord> {
  mustBeCurrent(caller, (await jobs.lock(caller.job.id)).currentAttempt);
  const attempt = await attempts.get(caller.attempt.id);
  if (attempt.state === 'ended') throw new ArtenicError('fenced', 'This attempt has ended.');
  return attempt;
}
