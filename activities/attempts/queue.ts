import { attemptIdOf } from '../../core/ids.ts';
import { ArtenicError, isArtenicError } from '../../core/errors.ts';
import type { ControlActivities } from '../contracts/index.ts';
import type { ControlDeps } from '../deps.ts';
import { needsOf } from '../../core/capacity/needs.ts';
import { capacityPollMs, nearHead } from '../../core/capacity/poll.ts';
import { providerRow } from '../failover/provider-row.ts';

type OpenInput = Parameters<ControlActivities['openAttempt']>[0];
type Opened = Awaited<ReturnType<ControlActivities['openAttempt']>>;

export async function openAttempt(deps: ControlDeps, input: OpenInput): Promise<Opened> {
  const { jobId, attempt, reason } = input;
  const { store } = deps;
  const id = attemptIdOf(jobId, attempt);
  // since the decision the attempt may have moved on to another offer
  const offer = (await store.attempts.find(id))?.offer ?? input.offer;
  const provider = await providerRow(deps, offer.provider);
  const row = await store.transaction(async (repositories) => {
    // the same lock as when the attempt is settled, so that a late `openAttempt` never queues an ended attempt
    await repositories.jobs.lock(jobId);
    const isBeside = (await repositories.attempts.newest(jobId)).some(
      (other) => other.attempt < attempt && other.noticedAt !== null && other.ending === null,
    );
    if (!isBeside) await repositories.jobs.moveFence(jobId, attempt);
    const opened = await repositories.attempts.open({ id, jobId, attempt, offer, reason, createdAt: deps.now() });
    if (opened.ending === null && provider.capacity !== null) {
      const { spec, priority, createdAt } = await repositories.jobs.get(jobId);
      const claim = { attemptId: id, needs: needsOf(spec), priority, submittedAtMs: createdAt.getTime() };
      await repositories.capacity.claim(offer.provider, claim);
    }
    return opened;
  });
  if (row.ending !== null) return { kind: 'ended', ending: row.ending };
  const current = row.launch > 1 ? { current: { launch: row.launch, offer: row.offer } } : {};
  if (provider.capacity === null) return { kind: 'granted', ...current };
  await grantCapacity(deps, offer.provider, id);
  if (await store.capacity.isGranted(id)) return { kind: 'granted', ...current };
  await store.jobs.transition(jobId, 'waiting', { message: `Waiting for capacity of ${offer.provider}.` });
  return { kind: 'waiting', ...current };
}

export async function awaitCapacity(deps: ControlDeps, attemptId: string): Promise<void> {
  const { store } = deps;
  const { offer } = await store.attempts.get(attemptId);
  const { capacity } = await providerRow(deps, offer.provider);
  if (capacity === null) return;
  const place = (await store.capacity.positions([attemptId])).get(attemptId) ?? 1;
  // the process that freed capacity may have died before it granted it again
  if (place <= nearHead) await grantCapacity(deps, offer.provider, attemptId);
  if (await store.capacity.isGranted(attemptId)) return;
  throw new ArtenicError('not-ready', `${attemptId} is waiting for capacity of ${offer.provider}.`, {
    retryAfterMs: capacityPollMs(place),
  });
}

/** Grants free capacity to the next claims in the queue and wakes their attempts, except the calling one. */
export async function grantCapacity(deps: ControlDeps, provider: string, asking: string | null): Promise<void> {
  const { capacity } = await providerRow(deps, provider);
  if (capacity === null) return;
  const granted = await deps.store.capacity.grant(provider, capacity);
  await wakeAll(
    deps,
    granted.filter((attemptId) => attemptId !== asking),
  );
}

export async function wakeAll(deps: Pick<ControlDeps, 'signal'>, attemptIds: readonly string[]): Promise<void> {
  for (const attemptId of attemptIds) await wake(deps, attemptId);
}

async function wake({ signal }: Pick<ControlDeps, 'signal'>, attemptId: string): Promise<void> {
  try {
    await signal.capacityGranted(attemptId);
  } catch (error) {
    // a closed workflow's successor asks by itself; the relay repeats a signal that was not delivered
    const isHarmless = ['not-found', 'unavailable', 'deadline-exceeded', 'transient', 'rate-limited'];
    if (!isArtenicError(error) || !isHarmless.includes(error.type)) throw error;
  }
}
