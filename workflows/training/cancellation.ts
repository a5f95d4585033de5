import { CancellationScope } from '@temporalio/workflow';

export type Cancellation = { readonly requested: boolean; readonly arrived: Promise<void> };

/**
 * Turns a cancel of this run into a flag that the workflow reads, instead of an exception at an arbitrary await. Call
 * it first, outside any inner scope; the workflow itself runs in `CancellationScope.nonCancellable`.
 */
export function listenForCancellation(): Cancellation {
  const state = { requested: false, arrived: Promise.resolve() };
  // `cancelRequested` never resolves; it only rejects, on the cancel request
  state.arrived = CancellationScope.current().cancelRequested.catch(() => {
    state.requested = true;
  });
  return state;
}
