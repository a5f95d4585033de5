import { needsOf } from '../../core/capacity/needs.ts';
import type { Capacity, CapacityClaim } from '../../core/capacity/types.ts';
import type { FailoverAction, Offer, ProviderQueue } from '../../core/failover/types.ts';
import { attemptIdOf } from '../../core/ids.ts';
import type { JobRecord, Repositories } from '../../store/types.ts';

type Reader = Pick<Repositories, 'providers' | 'capacity'>;

/** The queues of those of the job's providers whose machines are counted; none where there is no other provider to go to. */
export async function queuesOf(
  repositories: Reader,
  job: JobRecord,
  offers: readonly Offer[],
): Promise<readonly ProviderQueue[]> {
  const offering = new Set(offers.map(({ provider }) => provider));
  if (offering.size < 2) return [];
  const queues: ProviderQueue[] = [];
  for (const provider of offering) {
    const total = await capacityOf(repositories, provider);
    if (total !== null)
      queues.push({ provider, ...(await repositories.capacity.outlook(provider, total, claimOf(job, 1))) });
  }
  return queues;
}

/** The queues as they are now, and the provider whose queue nobody else can join before the end of the transaction. */
type Held = { readonly queues: readonly ProviderQueue[]; readonly held: ProviderQueue | null };

/**
 * Jobs that are submitted together are decided together: each looks once more at the queue that it is about to join, and no
 * other can join it meanwhile. To be called first in a transaction.
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
 * The room is taken with the decision, so that the next one sees it; the attempt finds its grant there. Attempts that were
 * granted theirs with it are to be woken.
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

function claimOf({ id, spec, priority, createdAt }: JobRecord, attempt: number): CapacityClaim {
  return { attemptId: attemptIdOf(id, attempt), needs: needsOf(spec), priority, submittedAtMs: createdAt.getTime() };
}
