import type { AttemptEnding } from '@artenic/core';
import { assertNever } from '../assert-never.ts';
import type { EndedAttempt, FailoverAction, FailoverPolicy, FailoverState, Offer } from './types.ts';

/** An attempt shorter than this has done nothing that a repeat could build on. */
const quickMs = 10_000;
/** So many quick ends in a row are no accident of the machine. */
const maxQuickInARow = 3;
/** Killed and lost attempts of one job, in all. */
const maxInterrupted = 20;
/** Repeats of a job by `retryOnExitCodes`. */
const maxExitCodeRetries = 10;
const repeatWaitMs = { first: 1000, most: 60_000 };
const stockoutWaitMs = { first: 30_000, most: 600_000 };
/** A timer may fire that much before its time on another machine's clock: no second wait for that. */
const clockToleranceMs = 250;

/**
 * Takes the offers in their order, the same one again after an interruption, the next after a stockout.
 * Changing a rule means a new version: it is stored with every decision.
 */
export const failoverPolicy: FailoverPolicy = { version: 'in-order-1', decide };

function decide(state: FailoverState): FailoverAction {
  if (state.openAttempt !== null) {
    const { attempt, offer } = state.openAttempt;
    return { kind: 'launch', attempt, offer, reason: 'taken over', takeOver: true };
  }
  const last = state.attempts.at(-1);
  // what was finished stays finished
  if (state.cancelRequested && last?.ending.kind !== 'succeeded')
    return finish('cancelled', last, 'Cancelled on request.');
  return last === undefined ? decideFirst(state) : decideAfter(last, state);
}

function decideFirst(state: FailoverState): FailoverAction {
  const offer = state.offers[0];
  if (offer !== undefined) return launch(state, offer, 'first attempt');
  return finish('failed', undefined, 'No provider offers what the job asks for: widen `placement` or `resources`.');
}

function decideAfter(last: EndedAttempt, state: FailoverState): FailoverAction {
  const { ending } = last;
  switch (ending.kind) {
    case 'succeeded':
      return finish('succeeded', last, ending.message || 'The training is done.');
    case 'cancelled':
      return finish('cancelled', last, ending.message);
    case 'timed-out':
      return finish('timed-out', last, ending.message);
    case 'setup-failed':
      return finish('failed', last, withExitCode('The setup', ending));
    case 'launch-failed':
      return finish('failed', last, ending.message);
    case 'failed':
      return decideAfterFailure(last, state);
    case 'killed':
    case 'lost':
      return decideAfterInterruption(last, state);
    case 'preempted':
      return again(last, state);
    case 'stockout':
      return decideAfterStockout(last, state);
    default:
      return assertNever(ending.kind);
  }
}

function decideAfterFailure(last: EndedAttempt, state: FailoverState): FailoverAction {
  const retried = state.attempts.filter(
    ({ ending }) =>
      ending.kind === 'failed' && ending.exitCode !== null && state.retryOnExitCodes.includes(ending.exitCode),
  );
  if (!retried.includes(last)) return finish('failed', last, withExitCode('The command', last.ending));
  if (retried.length <= maxExitCodeRetries) return again(last, state);
  const message = `${withExitCode('The command', last.ending)} It was tried again ${maxExitCodeRetries} times.`;
  return finish('failed', last, message);
}

function decideAfterInterruption(last: EndedAttempt, state: FailoverState): FailoverAction {
  const quick = trailing(state.attempts, (one) => isInterrupted(one) && one.ranMs < quickMs);
  if (quick.length >= maxQuickInARow) {
    const times = `${quick.length} attempts in a row ended within ${quickMs / 1000} s`;
    return finish('failed', last, `${times}. ${adviceAfter(last.ending)} Last: ${last.ending.message}`);
  }
  const interrupted = state.attempts.filter(isInterrupted);
  if (interrupted.length < maxInterrupted) return again(last, state);
  const message = `${interrupted.length} attempts were killed or lost. ${adviceAfter(last.ending)} Last: ${last.ending.message}`;
  return finish('failed', last, message);
}

function isInterrupted(one: EndedAttempt): boolean {
  return one.ending.kind === 'killed' || one.ending.kind === 'lost';
}

function adviceAfter(ending: AttemptEnding): string {
  return ending.kind === 'killed'
    ? 'Something kills the training, most often the kernel when memory runs out: lower the batch size or raise `resources.memoryGib`.'
    : 'The runner disappears each time: look at the log and at the health of the machine.';
}

/** The same offer again; at once the first time, then with growing waits while attempts stay short. */
function again(last: EndedAttempt, state: FailoverState): FailoverAction {
  const quick = trailing(state.attempts, (one) => one.ending.kind !== 'stockout' && one.ranMs < quickMs).length;
  const waitMs = quick < 2 ? 0 : grown(repeatWaitMs, quick - 2);
  return launchWhenDue(state, last, waitMs, last.offer, `again after ${describe(last)}`);
}

/** Every offer once, then the round starts again after a wait. */
function decideAfterStockout(last: EndedAttempt, state: FailoverState): FailoverAction {
  const tried = trailing(state.attempts, (one) => one.ending.kind === 'stockout');
  const offers = state.offers.length > 0 ? state.offers : [last.offer];
  const triesOf = (offer: Offer) => tried.filter((one) => isSameOffer(one.offer, offer)).length;
  const offer = offers.reduce((least, one) => (triesOf(one) < triesOf(least) ? one : least));
  const rounds = triesOf(offer);
  const roundStarts = rounds > 0 && offers.every((one) => triesOf(one) === rounds);
  const waitMs = roundStarts ? grown(stockoutWaitMs, rounds - 1) : 0;
  return launchWhenDue(state, last, waitMs, offer, `no capacity: ${last.ending.message}`);
}

function launchWhenDue(
  state: FailoverState,
  last: EndedAttempt,
  waitMs: number,
  offer: Offer,
  reason: string,
): FailoverAction {
  if (state.stopAtMs !== null && state.nowMs >= state.stopAtMs) {
    return finish('timed-out', last, `\`maxHours\` ran out; the last attempt ended by ${describe(last)}`);
  }
  // a clock that was put back must not lengthen the wait
  const leftMs = Math.min(last.endedAtMs + waitMs - state.nowMs, waitMs);
  if (leftMs <= clockToleranceMs) return launch(state, offer, reason);
  const untilStopMs = state.stopAtMs === null ? leftMs : state.stopAtMs - state.nowMs;
  return { kind: 'wait', waitMs: Math.min(leftMs, untilStopMs), reason };
}

function launch(state: FailoverState, offer: Offer, reason: string): FailoverAction {
  const newest = state.attempts.reduce((most, one) => Math.max(most, one.attempt), 0);
  return { kind: 'launch', attempt: newest + 1, offer, reason };
}

function finish(
  state: Extract<FailoverAction, { kind: 'finish' }>['state'],
  last: EndedAttempt | undefined,
  reason: string,
): FailoverAction {
  return { kind: 'finish', state, attempt: last?.attempt ?? null, reason };
}

/** The run of attempts at the end that all fulfil `test`. */
function trailing(attempts: readonly EndedAttempt[], test: (one: EndedAttempt) => boolean): readonly EndedAttempt[] {
  return attempts.slice(attempts.findLastIndex((one) => !test(one)) + 1);
}

function grown(bounds: { readonly first: number; readonly most: number }, doublings: number): number {
  return Math.min(bounds.first * 2 ** doublings, bounds.most);
}

function isSameOffer(one: Offer, other: Offer): boolean {
  return (
    one.provider === other.provider &&
    one.region === other.region &&
    one.instanceType === other.instanceType &&
    one.spot === other.spot
  );
}

function describe(last: EndedAttempt): string {
  return `${last.ending.kind}: ${last.ending.message}`;
}

/** The exit code, unless the message says it already. */
function withExitCode(subject: string, ending: AttemptEnding): string {
  const { exitCode, message } = ending;
  if (exitCode === null || new RegExp(`\\b${exitCode}\\b`).test(message)) return message;
  return `${subject} exited with code ${exitCode}: ${message}`;
}
