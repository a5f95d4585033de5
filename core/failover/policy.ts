import type { AttemptEnding, AttemptEndingKind } from '@artenic/core';
import { assertNever } from '../assert-never.ts';
import { isFinal, jobEndOf, type JobEnd } from '../jobs/endings.ts';
import { jobEndOfStop } from '../jobs/stop-reasons.ts';
import { decideWithOpenAttempts } from './beside.ts';
import { blockedUntilMs, exponentialDelayMs, isRefusal, isRuledOut, wasRecentlyPreempted } from './blocking.ts';
import { distance, stepBetween } from './offers.ts';
import { byStart, queueNote, queueOf } from './queueing.ts';
import { lastRefused } from './refusals.ts';
import type {
  EndedAttempt,
  EndingCount,
  FailoverAction,
  FailoverPolicy,
  FailoverState,
  Offer,
  PlacementMode,
} from './types.ts';
import { adviceAfter, describe, mutedMessage, reasonOf, withExitCode } from './words.ts';

/** An attempt shorter than this has done nothing that a repeat could build on. */
const quickMs = 10_000;
/** This many quick ends in a row are no accident of the machine. */
const maxQuickInARow = 3;
/** After this many machines in a row that run without a hello, the fault is their image or their route to the API. */
const maxMuteInARow = 3;
/** Limits over all attempts of one job. */
const limits = {
  /** Killed and lost attempts. */
  interrupted: 20,
  preempted: 1000,
  /** Repeats by `retryOnExitCodes`. */
  exitCode: 10,
  /** Offers that the provider refuses as they are. */
  launchFailed: 3,
} as const;
const repeatWaitMs = { first: 1000, most: 60_000 };
/** Pause between two queries of a provider that lists nothing; grows with the time since it last listed something. */
const lookAgainMs = { least: 5000, most: 300_000, share: 8 };
/** A timer may fire this much early by another machine's clock; that causes no second wait. */
const clockToleranceMs = 250;

/** Refusals that may pass without a change of the request. */
const passing: ReadonlySet<string> = new Set(['auth', 'quota', 'rate-limited', 'transient', 'unavailable']);

/**
 * Rules of the three markets. They differ in the offers that they accept. All of them take the cheapest offer that is
 * not cooling down first, where a place that has just preempted a spot machine counts with more than its price. A
 * change of a rule needs a new version: the version is stored with every decision.
 */
const spotOnly: FailoverPolicy = {
  version: 'spot-only-3',
  decide: (state) => decide(state, ({ spot }) => spot),
};
const onDemandOnly: FailoverPolicy = {
  version: 'on-demand-only-3',
  decide: (state) => decide(state, ({ spot }) => !spot),
};
export const spotWithFallback: FailoverPolicy = {
  version: 'spot-with-fallback-3',
  decide: (state) => decide(state, () => true),
};

const policies: Readonly<Record<PlacementMode, FailoverPolicy>> = {
  spot: spotOnly,
  'on-demand': onDemandOnly,
  'spot-with-fallback': spotWithFallback,
};

export function policyFor(mode: PlacementMode): FailoverPolicy {
  return policies[mode];
}

type Allows = (offer: Offer) => boolean;

function decide(whole: FailoverState, allows: Allows): FailoverAction {
  const state = { ...whole, offers: whole.offers.filter(allows) };
  return state.openAttempts.length > 0 ? decideWithOpenAttempts(state, decideAlone) : decideAlone(state);
}

function decideAlone(state: FailoverState): FailoverAction {
  // a warned attempt may end after its replacement: an ending that ends the job takes precedence
  const done = state.attempts.find(({ ending }) => ending.kind === 'succeeded');
  const final = done ?? state.attempts.find((one) => isFinal(one, state));
  const last = final ?? lastRefused(state) ?? state.attempts.at(-1);
  // a success stays a success, even if a cancel was requested
  if (state.cancelRequested && last?.ending.kind !== 'succeeded') return finish(jobEndOfStop('cancelled'), last);
  return last === undefined ? choose(state, undefined) : decideAfter(last, state);
}

function decideAfter(last: EndedAttempt, state: FailoverState): FailoverAction {
  const { ending } = last;
  switch (ending.kind) {
    case 'succeeded':
      return endWith(last, ending.message || 'The training is done.');
    case 'cancelled':
    case 'timed-out':
      return endWith(last, ending.message);
    case 'setup-failed':
      return endWith(last, withExitCode('The setup', ending));
    case 'launch-failed':
      return decideAfterLaunchFailed(last, state);
    case 'failed':
      return decideAfterFailure(last, state);
    case 'killed':
    case 'lost':
      return decideAfterInterruption(last, state);
    case 'preempted':
      return decideAfterPreemption(last, state);
    case 'stockout':
    case 'quota':
    case 'unauthorized':
    case 'unavailable':
      return choose(state, last);
    default:
      return assertNever(ending.kind);
  }
}

function decideAfterLaunchFailed(last: EndedAttempt, state: FailoverState): FailoverAction {
  const refused = countOf(state, ({ kind }) => kind === 'launch-failed');
  const isLeft = state.offers.some((offer) => !isRuledOut(offer, state));
  if (isLeft && refused < limits.launchFailed) return choose(state, last);
  return endWith(last, last.ending.message);
}

function decideAfterFailure(last: EndedAttempt, state: FailoverState): FailoverAction {
  const isRetried = ({ kind, exitCode }: Pick<AttemptEnding, 'kind' | 'exitCode'>): boolean =>
    kind === 'failed' && exitCode !== null && state.retryOnExitCodes.includes(exitCode);
  if (!isRetried(last.ending)) return endWith(last, withExitCode('The command', last.ending));
  if (countOf(state, isRetried) <= limits.exitCode) return again(last, state);
  const message = `${withExitCode('The command', last.ending)} It was tried again ${limits.exitCode} times.`;
  return endWith(last, message);
}

function decideAfterInterruption(last: EndedAttempt, state: FailoverState): FailoverAction {
  const quick = trailing(state.attempts, (one) => isInterruption(one.ending.kind) && one.ranMs < quickMs);
  if (quick.length >= maxQuickInARow) {
    const times = `${quick.length} attempts in a row ended within ${quickMs / 1000} s`;
    return endWith(last, `${times}. ${adviceAfter(last.ending)} Last: ${last.ending.message}`);
  }
  const mute = trailing(state.attempts, ({ ending }) => ending.evidence === 'never-spoke');
  if (mute.length >= maxMuteInARow) return endWith(last, mutedMessage(mute.length, last));
  const interrupted = countOf(state, ({ kind }) => isInterruption(kind));
  if (interrupted < limits.interrupted) return again(last, state);
  const message = `${interrupted} attempts were killed or lost. ${adviceAfter(last.ending)} Last: ${last.ending.message}`;
  return endWith(last, message);
}

function isInterruption(kind: AttemptEndingKind): boolean {
  return kind === 'killed' || kind === 'lost';
}

/** A market that preempts machines is left for the next place. An on-demand machine is simply started again. */
function decideAfterPreemption(last: EndedAttempt, state: FailoverState): FailoverAction {
  const taken = countOf(state, ({ kind }) => kind === 'preempted');
  if (taken >= limits.preempted) {
    return endWith(last, `The machine was reclaimed ${taken} times. Last: ${last.ending.message}`);
  }
  if (!last.offer.spot) return again(last, state);
  const untilMs = untilRepeat(last, state);
  return untilMs - state.nowMs <= clockToleranceMs ? choose(state, last) : again(last, state);
}

/**
 * The same offer again unless it is cooling down: at once the first time, then with growing waits while attempts stay
 * short.
 */
function again(last: EndedAttempt, state: FailoverState): FailoverAction {
  const isCool = blockedUntilMs(last.offer, state) <= state.nowMs + clockToleranceMs;
  const isFree = isCool && queueOf(last.offer, state) === null;
  if (!isFree && state.offers.length > 0) return choose(state, last);
  return launchAt(state, last, untilRepeat(last, state), last.offer);
}

function untilRepeat(last: EndedAttempt, state: FailoverState): number {
  const quick = trailing(state.attempts, (one) => one.ranMs < quickMs && !isRefusal(one.ending.kind)).length;
  const waitMs = quick < 2 ? 0 : exponentialDelayMs(repeatWaitMs, quick - 2);
  // a clock that was set back must not lengthen the wait
  return Math.min(last.endedAtMs, state.nowMs) + waitMs;
}

/** The best offer that is not cooling down; if all are cooling down, a wait for the first of them. */
function choose(state: FailoverState, last: EndedAttempt | undefined): FailoverAction {
  const listed = state.offers.filter((offer) => !isRuledOut(offer, state));
  // an offer that was listed once may return; but a provider that lists nothing because it refuses the query gets no
  // launch
  const offers = listed.length === 0 && last !== undefined && state.refusals.length === 0 ? [last.offer] : listed;
  if (offers.length === 0) return decideWithoutOffers(state, last);
  const ranked = offers
    .map((offer) => ({ offer, untilMs: blockedUntilMs(offer, state), price: countedPrice(offer, state) }))
    .toSorted((one, other) => {
      const start = byStart(one.offer, other.offer, state);
      if (start !== 0) return start;
      if (one.price !== other.price) return one.price - other.price;
      if (one.offer.spot !== other.offer.spot) return one.offer.spot ? -1 : 1;
      return last === undefined ? 0 : distance(one.offer, last.offer) - distance(other.offer, last.offer);
    });
  const free = ranked.find(({ untilMs }) => untilMs <= state.nowMs + clockToleranceMs);
  const next = free ?? ranked.reduce((soonest, one) => (one.untilMs < soonest.untilMs ? one : soonest));
  return launchAt(state, last, next.untilMs, next.offer, queueNote(next.offer, offers, state));
}

/**
 * A place that has just preempted a spot machine is likely to do so again: other offers go first, up to twice its
 * price.
 */
function countedPrice(offer: Offer, state: FailoverState): number {
  return offer.priceUsdMicrosPerHour * (wasRecentlyPreempted(offer, state) ? 2 : 1);
}

function decideWithoutOffers(state: FailoverState, last: EndedAttempt | undefined): FailoverAction {
  const refusal = state.refusals.find(({ type }) => passing.has(type));
  if (refusal === undefined) {
    const advice = 'No provider offers what the job asks for: widen `placement` or `resources`.';
    return finish(
      { state: 'failed', message: last === undefined ? advice : `${advice} Last: ${last.ending.message}` },
      last,
    );
  }
  const sinceMs = last?.endedAtMs ?? state.createdAtMs;
  const waitMs = Math.min(Math.max((state.nowMs - sinceMs) / lookAgainMs.share, lookAgainMs.least), lookAgainMs.most);
  const advice =
    refusal.type === 'auth' ? ` Renew the credentials of ${refusal.provider}; the job then continues on its own.` : '';
  const waitsFor = refusal.type === 'auth' ? 'credentials' : 'provider';
  const action = wait(state, last, Math.round(waitMs), `Paused: ${refusal.message}${advice}`);
  return action.kind === 'wait' ? { ...action, waitsFor } : action;
}

function launchAt(
  state: FailoverState,
  last: EndedAttempt | undefined,
  atMs: number,
  offer: Offer,
  note = '',
): FailoverAction {
  const leftMs = atMs - state.nowMs;
  const step = last === undefined ? 'first' : stepBetween(last.offer, offer);
  const reason = `${reasonOf(step, last, offer)}${note}`;
  if (leftMs > clockToleranceMs) return wait(state, last, leftMs, reason);
  if (last !== undefined && isOver(state)) return timedOut(last);
  return { kind: 'launch', attempt: newestAttempt(state) + 1, offer, step, reason };
}

function wait(state: FailoverState, last: EndedAttempt | undefined, waitMs: number, reason: string): FailoverAction {
  if (last !== undefined && isOver(state)) return timedOut(last);
  const untilStopMs = state.stopAtMs === null ? waitMs : Math.max(1, state.stopAtMs - state.nowMs);
  return { kind: 'wait', waitMs: Math.min(waitMs, untilStopMs), reason };
}

function isOver({ stopAtMs, nowMs }: FailoverState): boolean {
  return stopAtMs !== null && nowMs >= stopAtMs;
}

function timedOut(last: EndedAttempt): FailoverAction {
  const { state } = jobEndOfStop('max-hours');
  return finish({ state, message: `\`maxHours\` ran out; the last attempt ended by ${describe(last)}` }, last);
}

function newestAttempt({ attempts }: FailoverState): number {
  return attempts.reduce((most, one) => Math.max(most, one.attempt), 0);
}

function countOf({ endings }: FailoverState, test: (one: EndingCount) => boolean): number {
  return endings.filter(test).reduce((sum, { count }) => sum + count, 0);
}

function finish({ state, message }: JobEnd, last: EndedAttempt | undefined): FailoverAction {
  return { kind: 'finish', state, attempt: last?.attempt ?? null, reason: message };
}

/** Ends the job with its last attempt; no further attempt is made. */
function endWith(last: EndedAttempt, reason: string): FailoverAction {
  return finish(jobEndOf(last.ending.kind, reason), last);
}

/** The trailing attempts that all fulfil `test`. */
function trailing(attempts: readonly EndedAttempt[], test: (one: EndedAttempt) => boolean): readonly EndedAttempt[] {
  return attempts.slice(attempts.findLastIndex((one) => !test(one)) + 1);
}
