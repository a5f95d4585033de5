import { CancellationScope } from '@temporalio/workflow';

export type Cancellation = { readonly requested: boolean; readonly arrived: Promise<void> };

/**
 * Turns a cancel of this run into a fact that the story asks for, instead of an exception that tears it apart.
 * Call it first, outside any inner scope; the story itself runs in `CancellationScope.nonCancellable`.
 */
export function listenForCancellation(): Cancellation {
  const state = { requested: false, arrived: Promise.resolve() };
  // this promise knows only one end: the request
  state.arrived = CancellationScope.current().cancelRequested.catch(() => {
    state.requested = true;
  });
  return state;
}
