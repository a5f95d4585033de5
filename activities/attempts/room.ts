import { needsOf } from '../../core/capacity/needs.ts';
import type { Capacity, CapacityClaim } from '../../core/capacity/types.ts';
import type { FailoverAction, ProviderQueue } from '../../core/failover/types.ts';
import { attemptIdOf } from '../../core/ids.ts';
import type { JobRecord, Repositories } from '../../store/types.ts';

type Reader = Pick<Repositories, 'providers' | 'capacity'>;

/** The current queues, and the queue that no other transaction can join before the end of this one. */
type Held = { readonly queues: readonly ProviderQueue[]; readonly held: ProviderQueue | null };

/**
 * Reads the queue that the job is about to join once more, under a lock against other jobs, so that jobs submitted at
 * the same time see each other's claims. Call it first in a transaction.
 */
export async function lookAgain(
  repositories: Reader,
  job: JobRecord,
  action: FailoverAction,
  queues: readonly ProviderQueue[],
): Promise<Held> {
  const joined = joinedBy(action, queues);
  const total = joined === null ? null : await capacityOf(repositories, joined.provider);
  if (joined === null || total === null) return { queues, held: null };
  await repositories.capacity.hold(joined.provider);
  const held = { ...joined, ...(await repositories.capacity.outlook(joined.provider, total, claimOf(job, 1))) };
  return { queues: queues.map((queue) => (queue === joined ? held : queue)), held };
}

/**
 * Claims the room in the transaction of the decision, so that the next decision sees it and the attempt finds its
 * grant. Returns the other attempts that got their grant by this call; the caller wakes them.
 */
export async function takeRoom(
  repositories: Reader,
  job: JobRecord,
  action: FailoverAction,
  { queues, held }: Held,
): Promise<readonly string[]> {
  if (action.kind !== 'launch' || held?.hasRoom !== true || joinedBy(action, queues) !== held) return [];
  const total = await capacityOf(repositories, held.provider);
  if (total === null) return [];
  const claim = claimOf(job, action.attempt);
  await repositories.capacity.claim(held.provider, claim);
  const granted = await repositories.capacity.grant(held.provider, total);
  return granted.filter((attemptId) => attemptId !== claim.attemptId);
}

async function capacityOf({ providers }: Reader, name: string): Promise<Capacity | null> {
  return (await providers.find(name))?.capacity ?? null;
}

function joinedBy(action: FailoverAction, queues: readonly ProviderQueue[]): ProviderQueue | null {
  if (action.kind !== 'launch' || action.takeOver === true) return null;
  return queues.find(({ provider }) => provider === action.offer.provider) ?? null;
}

export function claimOf({ id, spec, priority, createdAt }: JobRecord, attempt: number): CapacityClaim {
  return { attemptId: attemptIdOf(id, attempt), needs: needsOf(spec), priority, submittedAtMs: createdAt.getTime() };
}
