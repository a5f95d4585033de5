import { ArtenicError } from '../../core/errors.ts';
import type { AttemptRecord, Repositories } from '../../store/types.ts';
import type { RunnerCaller } from '../http/route.ts';

function mustBeCurrent({ attempt }: RunnerCaller, currentAttempt: number): void {
  if (currentAttempt !== attempt.attempt) throw new ArtenicError('fenced', `Attempt ${currentAttempt} has taken over.`);
}

/**
 * For a transaction that writes what this attempt has sent: until its end no other attempt takes over. The access check
 * before it is a quick answer only, for the fence may move between the two.
 */
export async function holdFence({ jobs }: Repositories, caller: RunnerCaller): Promise<void> {
  mustBeCurrent(caller, await jobs.holdFence(caller.job.id));
}

/** As `holdFence`, for a transaction that changes the job's row, and only while the attempt has not ended. */
export async function lockOpen({ jobs, attempts }: Repositories, caller: RunnerCaller): Promise<AttemptRecord> {
  mustBeCurrent(caller, (await jobs.lock(caller.job.id)).currentAttempt);
  const attempt = await attempts.get(caller.attempt.id);
  if (attempt.state === 'ended') throw new ArtenicError('fenced', 'This attempt has ended.');
  return attempt;
}
