import { CancellationScope, condition, patched, startChild, workflowInfo } from '@temporalio/workflow';
import type { FailoverAction } from '../../core/failover/types.ts';
import {
  attemptWorkflowId,
  type AttemptResult,
  type FailoverInput,
  searchAttributes,
  workflowTaskTimeout,
} from '../contracts/index.ts';
import { wasTerminated } from '../failures.ts';
import { askToLetGo, startOwnChild } from '../own-child.ts';
import { oneLine } from './timeline.ts';
import { trainingAttempt } from './training-attempt.ts';

export type Launch = Extract<FailoverAction, { kind: 'launch' }>;

/** The attempts that a failover has under way: one, plus the replacement of a warned attempt. */
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

  /** Numbers of the attempts under way, ascending. */
  get attempts(): readonly number[] {
    return [...this.#members.keys()].toSorted((one, other) => one - other);
  }

  /** Number of attempts that have ended so far. */
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
          // the end of this run must not kill the attempt: it gets a cancel, and decides by the job's cancel intent
          parentClosePolicy: 'REQUEST_CANCEL',
          // a taken-over attempt has the same id; the attempt's row guarantees that it runs once
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
      // after a Terminate the attempt's instance still runs and is taken over
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

  /**
   * Waits until `isStirred`, until more than `ended` attempts have ended, or until the timer fires; rethrows an
   * attempt's error.
   */
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

  /** Cancels all attempts and waits for their ends. Each attempt acts by the job's cancel intent and its own row. */
  async cancelAll(): Promise<void> {
    // a child handle's cancel goes to the child's first run, and silently does nothing if that run has continued as new
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
