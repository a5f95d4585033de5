import { assertNever } from '../assert-never.ts';
import { familyOf, isSameOffer } from './offers.ts';
import {
  refusalKinds,
  type EndedAttempt,
  type FailoverState,
  type HeardRefusal,
  type Offer,
  type OwnRefusal,
  type RefusalKind,
} from './types.ts';

/** Cool-down of an offer after a refusal: doubled with each further refusal until an attempt runs. */
const coolDownMs: Readonly<Record<RefusalKind, { readonly first: number; readonly most: number }>> = {
  // capacity comes and goes within minutes
  stockout: { first: 30_000, most: 600_000 },
  // a quota is freed when another instance of the account ends, or raised when a person asks for it
  quota: { first: 120_000, most: 3_600_000 },
  // a person has to repair it, and the check needs no launch
  unauthorized: { first: 15_000, most: 300_000 },
  unavailable: { first: 60_000, most: 900_000 },
};
/** A preempted spot machine predicts further preemptions at its place for about this long. */
const tiredMs = 600_000;

export function isRefusal(kind: string): kind is RefusalKind {
  return (refusalKinds as readonly string[]).includes(kind);
}

export function exponentialDelayMs(
  bounds: { readonly first: number; readonly most: number },
  doublings: number,
): number {
  return Math.min(bounds.first * 2 ** doublings, bounds.most);
}

/** Whether the refusal of `refused` also applies to `offer`. */
function concerns(kind: RefusalKind, refused: Offer, offer: Offer): boolean {
  switch (kind) {
    case 'stockout':
      return isSameOffer(refused, offer);
    case 'quota':
      return (
        refused.provider === offer.provider &&
        refused.region === offer.region &&
        refused.spot === offer.spot &&
        familyOf(refused) === familyOf(offer)
      );
    case 'unauthorized':
    case 'unavailable':
      return refused.provider === offer.provider;
    default:
      return assertNever(kind);
  }
}

type Refused = EndedAttempt & { readonly ending: { readonly kind: RefusalKind } };

function isRefused(one: EndedAttempt): one is Refused {
  return isRefusal(one.ending.kind);
}

/** Attempts that ended with a refusal since an attempt of this job last ran. */
function ownRefusals(attempts: readonly EndedAttempt[]): readonly Refused[] {
  return attempts.slice(attempts.findLastIndex((one) => !isRefused(one)) + 1).filter(isRefused);
}

/** Refused launches since an attempt of this job last ran. */
export function ownLaunchRefusals({
  attempts,
  launchRefusals,
}: Pick<FailoverState, 'attempts' | 'launchRefusals'>): readonly OwnRefusal[] {
  const ran = attempts.findLast((one) => !isRefused(one))?.attempt ?? 0;
  return launchRefusals.filter(({ attempt }) => attempt > ran);
}

/**
 * Time until which the offer is left alone, by the refusals of this job and of other jobs; in the past when the offer
 * may be tried.
 * @returns milliseconds since 1970
 */
export function blockedUntilMs(offer: Offer, state: FailoverState): number {
  const { attempts, heard, nowMs, newsAtMs } = state;
  const sinceMs = newsAtMs ?? Number.NEGATIVE_INFINITY;
  const own = ownRefusals(attempts).filter(
    (one) => one.endedAtMs > sinceMs && concerns(one.ending.kind, one.offer, offer),
  );
  const untilOwn = own.map(({ ending: { kind }, endedAtMs }) => {
    const before = own.filter((other) => other.ending.kind === kind && other.endedAtMs <= endedAtMs);
    return until(endedAtMs, exponentialDelayMs(coolDownMs[kind], Math.max(0, before.length - 1)), nowMs);
  });
  const launches = ownLaunchRefusals(state).filter((one) => one.atMs > sinceMs && concerns(one.kind, one.offer, offer));
  const untilLaunches = launches.map(({ kind, atMs }) => {
    const before = launches.filter((other) => other.kind === kind && other.atMs <= atMs);
    const times = before.reduce((sum, { streak }) => sum + streak, 0);
    return until(atMs, exponentialDelayMs(coolDownMs[kind], Math.max(0, times - 1)), nowMs);
  });
  const untilHeard = heard
    .filter(({ kind, offer: refused, atMs }: HeardRefusal) => atMs > sinceMs && concerns(kind, refused, offer))
    .map(({ kind, atMs }) => until(atMs, coolDownMs[kind].first, nowMs));
  return Math.max(Number.NEGATIVE_INFINITY, ...untilOwn, ...untilLaunches, ...untilHeard);
}

/** A clock that was set back must not lengthen the wait. */
function until(sinceMs: number, lengthMs: number, nowMs: number): number {
  return Math.min(sinceMs, nowMs) + lengthMs;
}

/** Whether the provider lately took a spot machine of this offer back from this job. Other offers are tried first. */
export function wasRecentlyPreempted(offer: Offer, { attempts, nowMs }: FailoverState): boolean {
  return attempts.some(
    (one) =>
      one.ending.kind === 'preempted' &&
      one.offer.spot &&
      nowMs - one.endedAtMs < tiredMs &&
      isSameOffer(one.offer, offer),
  );
}

/** The provider refuses this exact request, so later tries fail as well. */
export function isRuledOut(offer: Offer, { ruledOut }: FailoverState): boolean {
  return ruledOut.some((one) => isSameOffer(one, offer));
}
