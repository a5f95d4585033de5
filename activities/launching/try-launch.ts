import { ArtenicError, isArtenicError, type ErrorType } from '../../core/errors.ts';
import type { Offer } from '../../core/failover/types.ts';
import type { AttemptRecord } from '../../store/types.ts';
import type { LaunchInput, LaunchResult, NextLaunch } from '../contracts/index.ts';
import type { ProviderDeps } from '../deps.ts';
import type { InstanceHandle } from '../providers/provider.ts';

/**
 * Errors that an adapter throws only after a check that no instance was created: the next offer may be tried at once.
 */
const unambiguous: readonly ErrorType[] = ['stockout', 'quota'];
/** After this time the call tries no further offer: a call that takes much longer counts as lost. */
const enoughMs = 60_000;

type Launch = { readonly offer: Offer; readonly launch: number };
function onward({ launch, offer, reason }: AttemptRecord): NextLaunch {
  return { kind: 'launch', launch, offer, reason };
}

/** Creates the instance of a launch, or returns the existing one. */
type MakeInstance = (attemptId: string, launch: Launch) => Promise<InstanceHandle>;

/**
 * Tries the offers of a provider one after another, in the policy's order, so that refusals within one call cost no
 * history events. The row names the current launch, so a try after a worker's death continues there.
 */
export async function tryLaunch(
  deps: ProviderDeps,
  { attemptId, offer, launch }: LaunchInput,
  makeInstance: MakeInstance,
): Promise<LaunchResult> {
  const { store, now } = deps;
  const beganMs = now().getTime();
  const row = await store.attempts.get(attemptId);
  let current: Launch = row.launch > launch ? row : { offer, launch };
  for (;;) {
    // an earlier try has moved on to another provider, whose workers have their own queue
    if (current.offer.provider !== offer.provider) return { kind: 'next', launch: current.launch, next: onward(row) };
    if (!deps.providers.has(offer.provider)) return launchElsewhere(deps, row, current);
    try {
      const handle = await makeInstance(attemptId, current);
      return { kind: 'launched', handle, ...(current.launch === launch ? {} : { offer: current.offer }) };
    } catch (error) {
      if (!isArtenicError(error) || !unambiguous.includes(error.type)) throw error;
      const refusal = { type: error.type, message: error.message };
      const next = await deps.nextLaunch({ attemptId, launch: current.launch, refusal });
      const isOurs = next.kind === 'launch' && next.offer.provider === offer.provider;
      if (!isOurs || now().getTime() - beganMs > enoughMs) return { kind: 'next', next, launch: current.launch };
      current = next;
    }
  }
}

/**
 * Handles a provider whose options were removed from the configuration after the launch was decided: the launch moves
 * to another offer. A launch that may have created an instance waits for the options, because only the provider knows.
 */
async function launchElsewhere(
  { store, nextLaunch }: ProviderDeps,
  { id, launchTriedAt }: AttemptRecord,
  { offer: { provider }, launch }: Launch,
): Promise<LaunchResult> {
  const known = await store.catalogs.find(provider);
  const message = known?.problem ?? `This worker does not serve the provider ${provider}.`;
  // without an `auth` problem in the catalog, another worker serves the provider and takes the next try
  const isRefused = known?.problemType === 'auth';
  if (!isRefused || launchTriedAt !== null) throw new ArtenicError('unavailable', message);
  const next = await nextLaunch({ attemptId: id, launch, refusal: { type: 'auth', message } });
  return { kind: 'next', next, launch };
}
