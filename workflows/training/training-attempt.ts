import { CancellationScope, condition, patched, TemporalFailure } from '@temporalio/workflow';
import type { AttemptEnding } from '@artenic/core';
import type { InstanceEvidence } from '../../core/instance-evidence.ts';
import type { InstanceRef } from '../../core/instance-ref.ts';
import type { LaunchError } from '../../core/jobs/judge.ts';
import { explainedByStop, stopRules, type StopReason } from '../../core/jobs/stop-reasons.ts';
import { capacityPoll, instanceActivities, localFirst, retryRefusals } from '../activity-proxies.ts';
import { listenForCancellation } from './cancellation.ts';
import { describeEvidence } from './evidence-words.ts';
import { attemptWorkflowId, type AttemptInput, type AttemptResult } from '../contracts/index.ts';
import { awaitDelivery } from './delivery.ts';
import { describeFailure, faultOf, isCancelled } from '../failures.ts';
import { Launching, placeOf } from './launching.ts';
import { listenToRunner } from './runner-reports.ts';
import { reasonOf, stopOf, type StopIntent } from './stop-intent.ts';
import { Timeline } from './timeline.ts';

/** The facts to judge the attempt by when it is over. */
type Facts = {
  readonly evidence: InstanceEvidence | null;
  readonly launchError: LaunchError | null;
  readonly stoppedFor: StopReason | null;
};

/** The runner itself stops the command at `stopAt`. The workflow acts only if no report of that arrives. */
const maxHoursMarginMs = 15_000;
/**
 * After two graces (stop file, SIGTERM) and SIGKILL the runner needs a moment to write its completion marker, or to
 * begin its delivery.
 */
const lastWordMs = 10_000;

/** An attempt with its instance, from its launch to the proof that nothing is left of it. */
export async function trainingAttempt(input: AttemptInput): Promise<AttemptResult> {
  const attempt = new AttemptRun(input);
  return CancellationScope.nonCancellable(() => attempt.run());
}

class AttemptRun {
  readonly #input: AttemptInput;
  readonly #attemptId: string;
  readonly #timeline: Timeline;
  readonly #reports;
  readonly #cancellation;
  /** Undo steps, each registered before the step that it undoes, run in reverse order. */
  readonly #undo: (() => Promise<void>)[] = [];
  readonly #launching: Launching;
  #handle: InstanceRef | null = null;

  constructor(input: AttemptInput) {
    this.#input = input;
    this.#attemptId = attemptWorkflowId(input.jobId, input.attempt);
    this.#timeline = new Timeline(`${input.title}: attempt ${input.attempt}`, {
      Job: input.jobId,
      Offer: placeOf(input.offer),
      Reason: input.reason,
      Phase: 'opening',
    });
    this.#reports = listenToRunner(this.#timeline);
    this.#cancellation = listenForCancellation();
    this.#launching = new Launching({
      ...{ input, attemptId: this.#attemptId, timeline: this.#timeline, cancellation: this.#cancellation },
      hearStop: async () => stopOf(await this.#pendingStopIntent()),
      awaitCapacity: () => this.#awaitCapacity(),
      forgetGrant: () => this.#reports.forgetGrant(),
      terminate: () => this.#terminate(),
    });
  }

  get #instance(): ReturnType<typeof instanceActivities> {
    return instanceActivities(this.#launching.offer, this.#handle);
  }

  async run(): Promise<AttemptResult> {
    const { jobId, attempt, offer, reason } = this.#input;
    const opened = await localFirst((activities) => activities.openAttempt({ jobId, attempt, offer, reason }));
    if (opened.kind === 'ended') return { kind: 'ended', ending: opened.ending };
    if (opened.current !== undefined) this.#launching.resume(opened.current);
    let facts: Facts | 'detached';
    try {
      facts = await this.#live(opened.kind === 'granted');
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error;
      return { kind: 'ended', ending: await this.#abort(error) };
    }
    if (facts === 'detached') {
      this.#timeline.log('abandoned without stopping anything: the job has not been cancelled');
      return { kind: 'detached' };
    }
    return { kind: 'ended', ending: await this.#finish(facts) };
  }

  /** Queue, launch, watch: until the command is over, the instance is gone, or a stop is requested. */
  async #live(granted: boolean): Promise<Facts | 'detached'> {
    // a cancel may have arrived while no run could receive it
    let intent = this.#input.takeOver === true ? await this.#readStopIntent() : 'none';
    if (!granted && intent === 'none') await this.#awaitCapacity();
    if (intent === 'none') intent = await this.#pendingStopIntent();
    if (intent === 'detach') return 'detached';
    const stoppedFor = reasonOf(intent);
    const stopped = { evidence: null, launchError: null, stoppedFor };
    if (stoppedFor !== null && !granted) return stopped;

    this.#undo.push(() => this.#terminate());
    // an instance that may run already is taken over first, so that it stops with its grace
    if (stoppedFor !== null && this.#input.takeOver !== true) return stopped;
    const launched = await (patched('refusals-are-no-attempts')
      ? this.#launchAny(stoppedFor)
      : this.#launch(stoppedFor));
    if (launched === 'detached') return 'detached';
    if (this.#handle === null) return { evidence: null, ...launched };
    return this.#watch(this.#handle, launched.stoppedFor);
  }

  async #awaitCapacity(): Promise<void> {
    this.#timeline.phase('waiting');
    this.#timeline.log('waiting for capacity');
    const queue = { left: false };
    void retryRefusals(
      () => capacityPoll.awaitCapacity({ attemptId: this.#attemptId }),
      (refusal) => this.#timeline.log(`asking for capacity: ${refusal}`),
    ).then(() => {
      queue.left = true;
    });
    await condition(() => queue.left || this.#reports.granted || this.#cancellation.requested);
  }

  /**
   * Sets the handle, or reports why there is none: after one launch, or after several of which all but the last were
   * refused.
   */
  async #launchAny(stopFirst: StopReason | null): Promise<Omit<Facts, 'evidence'> | 'detached'> {
    this.#timeline.phase('launching');
    const outcome = await this.#launching.run(stopFirst);
    if (outcome.kind === 'detached') return 'detached';
    const launchError = outcome.kind === 'none' ? outcome.error : this.#launched(outcome.handle);
    return { launchError, stoppedFor: outcome.stoppedFor };
  }

  /** For attempts that began before refusals became launches of the same attempt: a single launch. */
  async #launch(stopFirst: StopReason | null): Promise<Omit<Facts, 'evidence'> | 'detached'> {
    this.#timeline.phase('launching');
    const scope = new CancellationScope();
    const launching = scope
      .run(() => this.#instance.launch.launchInstance({ attemptId: this.#attemptId, offer: this.#input.offer }))
      .then(
        (handle) => this.#launched(handle),
        (error: unknown) => this.#notLaunched(error),
      );
    if (stopFirst !== null) return { launchError: await launching, stoppedFor: stopFirst };
    const cancelled = this.#cancellation.arrived.then(() => 'cancelled' as const);
    const first = await Promise.race([launching, cancelled]);
    if (first !== 'cancelled') return { launchError: first, stoppedFor: null };
    const intent = await this.#readStopIntent();
    if (intent === 'detach') return 'detached';
    // a pause between tries ends now; a provider call under way completes, and its instance is taken
    scope.cancel();
    return { launchError: await launching, stoppedFor: reasonOf(intent) };
  }

  #launched(handle: InstanceRef): null {
    this.#handle = handle;
    this.#timeline.fact('Instance', handle.instanceId);
    this.#timeline.log(`launched ${handle.instanceId}`);
    return null;
  }

  #notLaunched(error: unknown): LaunchError | null {
    if (!(error instanceof TemporalFailure)) throw error;
    if (isCancelled(error)) return null;
    const launchError = describeFailure(error);
    this.#timeline.log(`launch failed, ${launchError.type}: ${launchError.message}`);
    return launchError;
  }

  async #watch(handle: InstanceRef, stopFirst: StopReason | null): Promise<Facts | 'detached'> {
    const seen = { evidence: null as InstanceEvidence | null };
    void retryRefusals(
      () => this.#instance.watch.watchInstance({ handle }),
      (refusal) => this.#timeline.log(`asking for the instance: ${refusal}`),
    ).then((evidence) => {
      seen.evidence = evidence;
      this.#timeline.log(describeEvidence(evidence));
    });
    const isOver = () => this.#reports.over || seen.evidence !== null;

    let stoppedFor = stopFirst;
    while (stoppedFor === null && !isOver()) {
      const intent = await this.#pendingStopIntent();
      if (intent === 'detach') return 'detached';
      stoppedFor = reasonOf(intent) ?? (this.#overdueMs() >= 0 ? 'max-hours' : null);
      if (stoppedFor === null) await this.#nextEvent(isOver);
    }
    if (stoppedFor !== null && stopRules[stoppedFor].isGraceful) await this.#stopGracefully(stoppedFor, isOver);
    return { evidence: seen.evidence, launchError: null, stoppedFor };
  }

  /**
   * Time since the end of `maxHours` and its margin, by which the runner should have stopped; negative while time is
   * left.
   */
  #overdueMs(): number {
    const { stopAtMs } = this.#reports;
    return stopAtMs === null ? Number.NEGATIVE_INFINITY : Date.now() - stopAtMs - maxHoursMarginMs;
  }

  async #nextEvent(isOver: () => boolean): Promise<void> {
    const stirred = () => isOver() || this.#cancellation.requested;
    const leftMs = -this.#overdueMs();
    if (leftMs === Number.POSITIVE_INFINITY) await condition(() => stirred() || this.#reports.stopAtMs !== null);
    else await condition(stirred, leftMs, { summary: 'backstop of `maxHours`' });
  }

  async #stopGracefully(reason: StopReason, isOver: () => boolean): Promise<void> {
    const askedAtMs = Date.now();
    // Runs of an earlier release have waited on, whatever this signal said to them.
    const mayEndNow = patched('ends-now');
    const isEnough = () => isOver() || (mayEndNow && this.#reports.endsNow);
    const { graceMs } = await localFirst((activities) =>
      activities.requestStop({ attemptId: this.#attemptId, reason }),
    );
    this.#timeline.phase('stopping');
    this.#timeline.log(`asked to stop: ${reason}; grace ${graceMs} ms`);
    await condition(isEnough, 2 * graceMs + lastWordMs, { summary: 'grace of the stop' });
    if (!isEnough() && patched('awaits-delivery'))
      await awaitDelivery(this.#attemptId, askedAtMs + 2 * graceMs, isEnough, this.#timeline);
    if (mayEndNow && this.#reports.endsNow && !isOver())
      this.#timeline.log('asked to end now: the grace for a last checkpoint is given up');
  }

  /** The meaning of a cancel of this run, if one has arrived. */
  async #pendingStopIntent(): Promise<StopIntent> {
    return this.#cancellation.requested ? this.#readStopIntent() : 'none';
  }

  async #readStopIntent(): Promise<StopIntent> {
    const { jobId } = this.#input;
    const attemptId = this.#attemptId;
    const intent = await localFirst((activities) => activities.readCancelIntent({ jobId, attemptId }));
    if (intent.isNeedless === true) return 'drop';
    if (intent.requested) return intent.isNow === true ? 'end' : 'stop';
    return this.#cancellation.requested ? 'detach' : 'none';
  }

  /** First the proof that the instance is gone, so that nothing is written after the collection; then the judgement. */
  async #finish(facts: Facts): Promise<AttemptEnding> {
    await this.#runUndo();
    const { evidence, launchError, stoppedFor } = facts;
    const attemptId = this.#attemptId;
    const neverBegan = this.#undo.length === 0;
    let ending: AttemptEnding;
    try {
      ending = neverBegan
        ? { kind: 'cancelled', exitCode: null, message: 'Cancelled before it was launched.' }
        : await localFirst((activities) => activities.collectAttempt({ attemptId, evidence, launchError }));
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error;
      ending = faultOf(error);
    }
    return this.#settle(explainedByStop(ending, stoppedFor));
  }

  /** After a fault that no retry cures: nothing may be left running or billed. */
  async #abort(error: TemporalFailure): Promise<AttemptEnding> {
    const ending = faultOf(error);
    this.#timeline.log(ending.message);
    await this.#runUndo();
    return this.#settle(ending);
  }

  async #settle(ending: AttemptEnding): Promise<AttemptEnding> {
    const attemptId = this.#attemptId;
    const settled = await retryRefusals(
      () => localFirst((activities) => activities.settleAttempt({ attemptId, ending })),
      (refusal) => this.#timeline.log(`settling: ${refusal}`),
    );
    this.#timeline.phase(settled.kind);
    this.#timeline.log(`ended, ${settled.kind}: ${settled.message}`);
    return settled;
  }

  async #runUndo(): Promise<void> {
    for (const step of this.#undo.toReversed()) await step();
  }

  async #terminate(): Promise<void> {
    const { provider } = this.#launching.offer;
    await retryRefusals(
      () => this.#instance.terminate.terminateInstance({ attemptId: this.#attemptId, provider, handle: this.#handle }),
      (refusal) => this.#timeline.log(`terminating: ${refusal}`),
    );
    this.#timeline.log('the provider confirms that nothing is left of the instance');
  }
}
