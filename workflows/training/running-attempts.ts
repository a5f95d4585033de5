import { CancellationScope, condition, patched, startChild, workflowInfo } from '@temporalio/workflow';
import type { FailoverAction } from '../../core/failover/types.ts';
import {
  attemptWorkflowId,
  type AttemptResult,
  type FailoverInput,
  searchAttributes,
  workflowTaskTimeout,
} from '../contracts.ts';
import { wasTerminated } from '../failures.ts';
import { askToLetGo, startOwnChild } from '../own-child.ts';
import { oneLine } from './timeline.ts';
import { trainingAttempt } from './training-attempt.ts';

export type Launch = Extract<FailoverAction, { kind: 'launch' }>;

/** The attempts that a failover has under way: one, and beside a warned one its replacement. */
export class RunningAttempts {
  readonly #input: FailoverInput;
  readonly #onEnd: (attempt: number, result: AttemptResult) => void;
  readonly #members = new Map<number, { readonly scope: CancellationScope; readonly over: Promise<void> }>();
  #failure: { readonly error: unknown } | null = null;
  #ended = 0;

  constructor(input: FailoverInput, onEnd: (attempt: number, result: AttemptResult) => void) {
    this.#input = input;
    this.#onEnd = onEnd;
  }

  /** Numbers of those under way, ascending. */
  get attempts(): readonly number[] {
    return [...this.#members.keys()].toSorted((one, other) => one - other);
  }

  /** How many have ended so far. */
  get ended(): number {
    return this.#ended;
  }

  async launch(action: Launch): Promise<void> {
    const { jobId, title, mostWaits } = this.#input;
    const { attempt, offer, reason } = action;
    const workflowId = attemptWorkflowId(jobId, attempt);
    const service = workflowInfo().typedSearchAttributes.get(searchAttributes.service);
    const scope = new CancellationScope();
    const takeOver = action.takeOver === true ? { takeOver: action.takeOver } : {};
    const child = await scope.run(() =>
      startOwnChild(workflowId, () =>
        startChild(trainingAttempt, {
          workflowId,
          workflowTaskTimeout,
          args: [
            { jobId, attempt, offer, reason, title, ...takeOver, ...(mostWaits === undefined ? {} : { mostWaits }) },
          ],
          // our end must not kill it: it is asked, and decides by the job's cancel intent
          parentClosePolicy: 'REQUEST_CANCEL',
          // taken over under the same id; that an attempt runs once is guarded by its row
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          staticSummary: oneLine(`attempt ${attempt} on ${offer.provider} ${offer.instanceType}: ${reason}`, 180),
          typedSearchAttributes: [
            { key: searchAttributes.kind, value: 'trainingAttempt' },
            { key: searchAttributes.jobId, value: jobId },
            { key: searchAttributes.provider, value: offer.provider },
            { key: searchAttributes.attempt, value: attempt },
            { key: searchAttributes.phase, value: 'opening' },
            ...(service === undefined ? [] : [{ key: searchAttributes.service, value: service }]),
          ],
        }),
      ),
    );
    const over = child.result().then(
      (result) => this.#end(attempt, result),
      // whoever ended it, its instance lives on and is taken over
      (error: unknown) => (wasTerminated(error) ? this.#end(attempt, { kind: 'detached' }) : this.#fail(error)),
    );
    this.#members.set(attempt, { scope, over });
  }

  #end(attempt: number, result: AttemptResult): void {
    this.#members.delete(attempt);
    this.#ended++;
    this.#onEnd(attempt, result);
  }

  #fail(error: unknown): void {
    this.#failure = { error };
  }

  /** Until `isStirred`, more than `ended` have ended, or the time is over; throws what an attempt has thrown. */
  async waitForChange(
    ended: number,
    isStirred: () => boolean,
    timer?: { readonly waitMs: number; readonly summary: string },
  ): Promise<void> {
    const isThere = () => isStirred() || this.#ended > ended || this.#failure !== null;
    if (timer === undefined) await condition(isThere);
    else await condition(isThere, timer.waitMs, { summary: timer.summary });
    this.#throwFailure();
  }

  /** Asks all to end, each as the job's cancel intent and its own row say, and waits for it. */
  async cancelAll(): Promise<void> {
    // a child's own cancel goes to its first run, and says that all is well when that one has begun its history anew
    if (patched('cancels-the-newest-run')) await Promise.all(this.attempts.map((attempt) => this.#cancel(attempt)));
    else for (const { scope } of this.#members.values()) scope.cancel();
    await Promise.all([...this.#members.values()].map(({ over }) => over));
    this.#throwFailure();
  }

  #cancel(attempt: number): Promise<void> {
    return askToLetGo(attemptWorkflowId(this.#input.jobId, attempt));
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
