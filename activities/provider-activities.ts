import type { JobSpec } from '@artenic/core';
import { ArtenicError, errorTable, isArtenicError, type ErrorType } from '../core/errors.ts';
import type { Offer } from '../core/failover/types.ts';
import { deliveryGraceMsOf } from '../core/jobs/delivery.ts';
import { maskCredentials } from '../core/secrets.ts';
import { hasCompleted } from '../store/attempts/completion.ts';
import { isTooLong, silenceLimits, silenceOf } from '../core/silence/silence.ts';
import { signsOf, spanOf } from '../store/attempts/signs.ts';
import type { AttemptRecord } from '../store/types.ts';
import type { InstanceEvidence } from '../core/instance-evidence.ts';
import type { ProviderActivities, TerminationInput } from './contracts/index.ts';
import type { ProviderDeps } from './deps.ts';
import { retriedWhenRefused, withFailures } from './failures.ts';
import { describeIfKnown, endInstance, assertOwnMachine, recordBilledTimes } from './launching/end-instance.ts';
import { launchAlone } from './launching/launch-lease.ts';
import { bootstrapOf } from './launching/bootstrap.ts';
import { tryLaunch } from './launching/try-launch.ts';
import { consistencyMsOf } from './providers/consistency.ts';
import { needsOf } from '../core/capacity/needs.ts';
import type { InstanceDescription, InstanceHandle, LaunchRequest, Provider } from './providers/provider.ts';
import { SharedLooks } from './providers/shared-looks.ts';

const maxLineLength = 500;
/** The completion signal normally arrives long before this. */
const lastWordTravelsMs = 5000;
const bootSeconds = 3600;

export function createProviderActivities(deps: ProviderDeps): ProviderActivities {
  const looks = looksOf(deps);
  const activities = withFailures<ProviderActivities>({
    tryLaunch: (input) =>
      tryLaunch(deps, input, (attemptId, { offer, launch }) => launchInstance(deps, attemptId, offer, launch)),
    launchInstance: ({ attemptId, offer }) => launchInstance(deps, attemptId, offer, 1),
    watchInstance: ({ handle }) => lookedAtEvery(intervalOf(deps, handle), () => watchInstance(deps, looks, handle)),
    terminateInstance: (input) => terminateInstance(deps, input),
  });
  return {
    ...activities,
    // the runner's reports arrive by another way: a poll per minute is enough
    watchInstance: retriedWhenRefused(activities.watchInstance, 60_000),
    terminateInstance: retriedWhenRefused(activities.terminateInstance, 900_000),
  };
}

function providerOf({ providers }: ProviderDeps, name: string): Provider {
  const provider = providers.get(name);
  if (provider === undefined) throw new ArtenicError('unavailable', `This worker does not serve the provider ${name}.`);
  return provider;
}

async function launchInstance(
  deps: ProviderDeps,
  attemptId: string,
  offer: Offer,
  launch: number,
): Promise<InstanceHandle> {
  const { store, now } = deps;
  const row = await store.attempts.get(attemptId);
  const { jobId, attempt, ending, state, launchTriedAt, handle: known } = row;
  if (ending !== null) throw new ArtenicError('conflict', `${attemptId} has ended: ${ending.message}`);
  if (known !== null) return known;
  await claimMachine(deps, attemptId, offer);
  const finished = await finishedBefore(deps, jobId, attempt);
  if (finished !== null) throw new ArtenicError('conflict', `Not needed: attempt ${finished} has come to its own end.`);
  await store.attempts.advance(attemptId, 'launching', now());
  const { spec } = await store.jobs.transition(jobId, 'provisioning');
  const bootstrap = await bootstrapOf(deps, offer.provider, row);
  const request = {
    ...{ attemptId, launch, offer, needs: needsOf(spec), bootstrap },
    // after a refusal the row shows whether the call of the next launch has begun
    mayExist: launch > 1 ? launchTriedAt !== null : state !== 'waiting',
    powerOffAfterSeconds: powerOffAfterSecondsOf(spec),
  };
  const handle = await launchAlone(store, attemptId, async () => {
    await store.reconcile.launchTried(attemptId, now());
    const made = await recordingRefusal(deps, request, () => launchOrAdopt(providerOf(deps, offer.provider), request));
    await store.attempts.setHandle(attemptId, made, now());
    return made;
  });
  await store.attempts.advance(attemptId, 'starting', now());
  return handle;
}

/**
 * Binds the attempt to this machine, or throws if it is bound to another one. Two hosts may serve one queue, and a try
 * whose answer was lost may have created the instance on the other host.
 */
async function claimMachine(deps: ProviderDeps, attemptId: string, offer: Offer): Promise<void> {
  const provider = providerOf(deps, offer.provider);
  const here = await provider.machine?.();
  if (here === undefined) return;
  const machine = await deps.store.attempts.claimMachine(attemptId, here);
  await assertOwnMachine(provider, { id: attemptId, machine });
}

/** Number of a warned attempt that completed while its replacement was being launched; null if there is none. */
async function finishedBefore(
  { store, storage }: ProviderDeps,
  jobId: string,
  attempt: number,
): Promise<number | null> {
  const warned = (await store.attempts.newest(jobId)).filter(
    (row) => row.attempt < attempt && row.noticedAt !== null && row.releasedAt === null,
  );
  for (const row of warned) {
    const isDone = row.ending === null ? await hasCompleted(storage, row) : row.ending.kind === 'succeeded';
    if (isDone) return row.attempt;
  }
  return null;
}

/**
 * Depends on the job alone, so that each try gives the same value. `maxHours` begins with the hello and ends with two
 * graces; then the delivery follows, as long as the workflow waits for it. The rest is time to boot.
 */
function powerOffAfterSecondsOf(spec: JobSpec): number {
  const { maxHours, stopGraceSeconds } = spec;
  return Math.ceil(maxHours * 3600) + 2 * stopGraceSeconds + deliveryGraceMsOf(spec) / 1000 + bootSeconds;
}

/** Errors that an adapter throws only after it has looked up instances of earlier calls. */
const refusals: readonly ErrorType[] = ['stockout', 'quota', 'invalid-request'];

async function recordingRefusal(
  { store, now }: ProviderDeps,
  { attemptId, offer }: LaunchRequest,
  launch: () => Promise<InstanceHandle>,
): Promise<InstanceHandle> {
  try {
    return await launch();
  } catch (error) {
    if (isArtenicError(error) && refusals.includes(error.type)) await store.reconcile.launchTried(attemptId, null);
    // no further launch is made at the provider until its catalog can be read again
    if (isArtenicError(error, 'auth')) await store.catalogs.refused(offer.provider, error, now());
    throw error;
  }
}

/** A launch with an unknown outcome is looked up before anything else; if it is not found yet, the server retries. */
async function launchOrAdopt(provider: Provider, request: LaunchRequest): Promise<InstanceHandle> {
  try {
    return await provider.launch(request);
  } catch (error) {
    if (!isArtenicError(error, 'unknown-outcome')) throw error;
    const made = await provider.find(request.attemptId);
    if (made === null) throw error;
    return made.handle;
  }
}

/** Interval for a provider without a module. */
const slowestWatchMs = 15_000;

function intervalOf({ watchIntervalMs }: ProviderDeps, { provider }: InstanceHandle): number {
  return watchIntervalMs.get(provider) ?? slowestWatchMs;
}

/** Schedules the next poll after the provider's own interval. Only after a worker's death a poll comes sooner. */
async function lookedAtEvery<T>(intervalMs: number, look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    if (!isArtenicError(error) || !errorTable[error.type].retryable || error.details.retryAfterMs !== undefined)
      throw error;
    throw new ArtenicError(error.type, error.message, { ...error.details, cause: error, retryAfterMs: intervalMs });
  }
}

type Looks = ReadonlyMap<string, SharedLooks>;

/** Shared polls for the providers that can describe many instances at once. */
function looksOf({ providers, watchIntervalMs }: ProviderDeps): Looks {
  return new Map(
    [...providers].flatMap(([name, { describeMany }]) =>
      describeMany === undefined
        ? []
        : [[name, new SharedLooks(describeMany, watchIntervalMs.get(name) ?? slowestWatchMs)] as const],
    ),
  );
}

/** Describes the instance alone if a shared poll does not show it or shows it as gone, because that is no proof. */
async function seenOf(provider: Provider, looks: Looks, handle: InstanceHandle): Promise<InstanceDescription | null> {
  const seen = (await looks.get(provider.name)?.look(handle)) ?? null;
  return seen === null || seen.state === 'gone' ? describeIfKnown(provider, handle) : seen;
}

async function watchInstance(deps: ProviderDeps, looks: Looks, handle: InstanceHandle): Promise<InstanceEvidence> {
  const provider = providerOf(deps, handle.provider);
  const instance = await seenOf(provider, looks, handle);
  if (instance === null) return { endedBy: 'unknown', endedAt: null };
  await recordBilledTimes(deps.store, instance);
  if (instance.state !== 'gone') {
    const attempt = await deps.store.attempts.find(handle.attemptId);
    if (hasReportedEnd(attempt, deps.now())) return { endedBy: 'unknown', endedAt: null, isOver: true };
    const silent = await silenceIn(deps, attempt);
    if (silent !== null) return { endedBy: 'unknown', endedAt: null, silent };
    throw new ArtenicError('not-ready', `The instance ${handle.instanceId} is ${instance.state}.`);
  }
  const { endedBy, endedAt } = instance;
  const preemption = instance.preemption?.evidence ?? null;
  const lastLine = endedBy === 'itself' ? lastLineOf(await provider.console(handle)) : undefined;
  return { endedBy: endedBy ?? 'unknown', endedAt, preemption, ...(lastLine === undefined ? {} : { lastLine }) };
}

/**
 * The workflow gets the runner's report as a signal. A workflow that was terminated just then has lost it, and a
 * machine that does not end by itself would keep running and cost money.
 */
function hasReportedEnd(attempt: AttemptRecord | null, now: Date): boolean {
  const saidAt = attempt?.runnerOverAt ?? null;
  return saidAt !== null && now.getTime() - saidAt.getTime() > lastWordTravelsMs;
}

/** A machine that never booted, hangs, or is cut off: the provider reports it as running, and bills it. */
async function silenceIn(
  { store, silence: settings }: ProviderDeps,
  attempt: AttemptRecord | null,
): Promise<NonNullable<InstanceEvidence['silent']> | null> {
  // the runner's final report is on its way to the workflow
  if (attempt === null || attempt.runnerOverAt !== null) return null;
  const uptime = await store.uptime.read();
  const silence = silenceOf(
    signsOf(attempt),
    uptime === null ? null : spanOf(uptime),
    silenceLimits(attempt.offer.provider, settings),
  );
  if (silence === null || !isTooLong(silence)) return null;
  const { kind, sinceMs, limitMs } = silence;
  return { kind, since: new Date(sinceMs).toISOString(), limitMs };
}

/** The last line that is neither a stack frame nor Node's version line. */
function lastLineOf(console: string): string | undefined {
  const lines = console.split('\n').filter((line) => /^\S/.test(line) && !line.startsWith('Node.js v'));
  const last = lines.at(-1)?.trim();
  return last === undefined ? undefined : maskCredentials(last).slice(0, maxLineLength);
}

async function terminateInstance(
  deps: ProviderDeps,
  { attemptId, provider: name, handle }: TerminationInput,
): Promise<void> {
  const { store, now } = deps;
  const provider = providerOf(deps, name);
  const target = handle ?? (await findInstance(deps, provider, attemptId));
  // no proof of an end: a launch call may still be under way, so the reconciler decides
  if (target === null) return;
  // a sweep has proved by the provider's list that the instance is gone; a later sweep records its billed times
  if (handle !== null && (await store.attempts.get(attemptId)).unlistedAt !== null) return;
  const left = await endInstance(store, provider, target, async (refusal) => {
    await store.reconcile.terminateTried(attemptId, now(), refusal);
    // without a handle the instance is of a launch whose answer was lost, and the attempt goes on to its next launch
    if (handle !== null) await store.attempts.advance(attemptId, 'ending', now());
    await store.reconcile.strayTried(target, now(), refusal);
  });
  if (left === 'gone') return store.reconcile.confirmTermination([attemptId], now());
  throw new ArtenicError('not-ready', `The instance ${target.instanceId} is ${left}.`);
}

/**
 * Also finds an instance that ended by itself, because its cost is not recorded yet. Null when there is none;
 * `not-ready` while the provider's list may be too old to show it.
 */
async function findInstance(
  { store, now }: ProviderDeps,
  provider: Provider,
  attemptId: string,
): Promise<InstanceHandle | null> {
  const attempt = await store.attempts.get(attemptId);
  const { handle, launchTriedAt } = attempt;
  if (handle !== null) return handle;
  await assertOwnMachine(provider, attempt);
  const askedAt = now();
  const found = await provider.find(attemptId);
  if (found !== null) return found.handle;
  if (launchTriedAt === null) return null;
  const leftMs = launchTriedAt.getTime() + (await consistencyMsOf(provider)) - askedAt.getTime();
  if (leftMs < 0) return null;
  throw new ArtenicError('not-ready', `What was launched for ${attemptId} may not be listed yet.`, {
    retryAfterMs: leftMs + 1,
  });
}
