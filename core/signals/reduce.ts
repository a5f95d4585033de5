import type { SignalName } from '@artenic/core';
import { assertNever } from '../assert-never.ts';

export type ExternalSignal = {
  readonly name: SignalName;
  readonly id: string;
  /** When the signal was caused, in milliseconds since 1970. */
  readonly atMs: number;
  /** The attempt that the signal refers to; 0 before the first attempt. */
  readonly attempt: number;
  /** For a notice: when the machine ends, in milliseconds since 1970. */
  readonly deadlineAtMs: number | null;
};

/** Combined state of all signals of a job. */
export type SignalState = {
  readonly hold: { readonly isHeld: boolean; readonly atMs: number; readonly id: string } | null;
  readonly checkpoint: { readonly attempt: number; readonly atMs: number } | null;
  readonly notice: { readonly attempt: number; readonly deadlineAtMs: number } | null;
  readonly newsAtMs: number | null;
};

export const noSignals: SignalState = { hold: null, checkpoint: null, notice: null, newsAtMs: null };

/**
 * Every part is a maximum over the signals, so their order and their repetition make no difference.
 * @returns `state` itself when the signal changes nothing
 */
export function takeSignal(state: SignalState, signal: ExternalSignal): SignalState {
  const { name, id, atMs, attempt, deadlineAtMs } = signal;
  switch (name) {
    case 'hold':
    case 'release': {
      const mark = { isHeld: name === 'hold', atMs, id };
      return isLater(mark, state.hold) ? { ...state, hold: mark } : state;
    }
    case 'checkpoint-now': {
      const { checkpoint } = state;
      const isNewer =
        checkpoint === null ||
        attempt > checkpoint.attempt ||
        (attempt === checkpoint.attempt && atMs > checkpoint.atMs);
      return isNewer ? { ...state, checkpoint: { attempt, atMs } } : state;
    }
    case 'preemption-notice': {
      const { notice } = state;
      if (deadlineAtMs === null) return state;
      const counts =
        notice === null ||
        attempt > notice.attempt ||
        (attempt === notice.attempt && deadlineAtMs < notice.deadlineAtMs);
      return counts ? { ...state, notice: { attempt, deadlineAtMs } } : state;
    }
    case 'capacity-news':
      return state.newsAtMs === null || atMs > state.newsAtMs ? { ...state, newsAtMs: atMs } : state;
    default:
      return assertNever(name);
  }
}

type Mark = NonNullable<SignalState['hold']>;

/** Two marks of the same millisecond are ordered by id; with the same id the hold wins. */
function isLater(one: Mark, other: Mark | null): boolean {
  if (other === null || one.atMs !== other.atMs) return other === null || one.atMs > other.atMs;
  if (one.id !== other.id) return one.id > other.id;
  return one.isHeld && !other.isHeld;
}
