import { CancellationScope, condition, patched, TemporalFailure } from '@temporalio/workflow';
import type { AttemptEnding } from '@artenic/core';
import { assertNever } from '../core/assert-never.ts';
import type { InstanceEvidence } from '../core/instance-evidence.ts';
import type { InstanceRef } from '../core/instance-ref.ts';
import type { LaunchError } from '../core/jobs/judge.ts';
import { explainedByStop, stopRules, type StopReason } from '../core/jobs/stop-reasons.ts';
import { capacityPoll, instanceActivities, quickly, untilDone } from './activity-proxies.ts';
import { listenForCancellation } from './cancellation.ts';
import { describeEvidence } from './evidence-words.ts';
import { attemptWorkflowId, type AttemptInput, type AttemptResult } from './contracts.ts';
import { awaitDelivery } from './delivery.ts';
import { describeFailure, faultOf, isCancelled } from './failures.ts';
import { Launching, placeOf } from './launching.ts';
import { listenToRunner } from './runner-reports.ts';
import { Timeline } from './timeline.ts';

/**
 * `drop`: the job has ended without this attempt. `detach`: the run above us is gone but the job is not; whoever comes next
 * takes the instance over.
 */
type Wish = 'none' | 'stop' | 'drop' | 'detach';
/** What there is to judge by when the attempt is over. */
type Facts = {
  readonly evidence: InstanceEvidence | null;
  readonly launchError: LaunchError | null;
  readonly stoppedFor: StopReason | null;
};

/** The runner itself stops the command at `stopAt`. Only when nothing is heard of that do we step in. */
const maxHoursMarginMs = 15_000;
/** After two graces (stop file, SIGTERM) and SIGKILL the runner needs a moment to write its last word, or to begin its delivery. */
const lastWordMs = 10_000;

/** One instance from the launch to the proof that nothing of it is left. */
export async function trainingAttempt(input: AttemptInput): Promise<AttemptResult> {
  const story = new AttemptStory(input);
  return CancellationScope.nonCancellable(() => story.run());
}

class AttemptStory {
  readonly #input: AttemptInput;
  readonly #attemptId: string;
  readonly #timeline: Timeline;
  readonly #reports;
  readonly #cancellation;
  /** Steps that undo what was begun, registered before it is begun, run backwards. */
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
      hearStop: async () => stopOf(await this.#hearWish()),
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
    const opened = await quickly((activities) => activities.openAttempt({ jobId, attempt, offer, reason }));
    if (opened.kind === 'ended') return { kind: 'ended', ending: opened.ending };
    if (opened.current !== undefined) this.#launching.resume(opened.current);
    let facts: Facts | 'detached';
    try {
      facts = await this.#live(opened.kind === 'granted');
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error;
      return { kind: 'ended', ending: await this.#giveUp(error) };
    }
    if (facts === 'detached') {
      this.#timeline.tell('let go without stopping anything: the job has not been cancelled');
      return { kind: 'detached' };
    }
    return { kind: 'ended', ending: await this.#finish(facts) };
  }

  /** Queue, launch, watch: until the command is over, the instance is gone, or somebody wants an end. */
  async #live(granted: boolean): Promise<Facts | 'detached'> {
    // a cancel may have come while nobody was there to hear it
    let wish = this.#input.takeOver === true ? await this.#readWish() : 'none';
    if (!granted && wish === 'none') await this.#awaitCapacity();
    if (wish === 'none') wish = await this.#hearWish();
    if (wish === 'detach') return 'detached';
    const stoppedFor = reasonOf(wish);
    const stopped = { evidence: null, launchError: null, stoppedFor };
    if (stoppedFor !== null && !granted) return stopped;

    this.#undo.push(() => this.#terminate());
    // what may run already is taken back first, so that it stops with its grace
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
    this.#timeline.tell('waiting for capacity');
    const queue = { left: false };
    void untilDone(
      () => capacityPoll.awaitCapacity({ attemptId: this.#attemptId }),
      (refusal) => this.#timeline.tell(`asking for capacity: ${refusal}`),
    ).then(() => {
      queue.left = true;
    });
    await condition(() => queue.left || this.#reports.granted || this.#cancellation.requested);
  }

  /** Sets the handle, or says why there is none: by one launch, or by several of which all but the last were refused. */
  async #launchAny(stopFirst: StopReason | null): Promise<Omit<Facts, 'evidence'> | 'detached'> {
    this.#timeline.phase('launching');
    const outcome = await this.#launching.run(stopFirst);
    if (outcome.kind === 'detached') return 'detached';
    const launchError = outcome.kind === 'none' ? outcome.error : this.#launched(outcome.handle);
    return { launchError, stoppedFor: outcome.stoppedFor };
  }

  /** As attempts that began before refusals were none of theirs: one launch. */
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
    const wish = await this.#readWish();
    if (wish === 'detach') return 'detached';
    // in a pause between tries it ends now; a call that is under way comes to its own end, and we take what it made
    scope.cancel();
    return { launchError: await launching, stoppedFor: reasonOf(wish) };
  }

  #launched(handle: InstanceRef): null {
    this.#handle = handle;
    this.#timeline.fact('Instance', handle.instanceId);
    this.#timeline.tell(`launched ${handle.instanceId}`);
    return null;
  }

  #notLaunched(error: unknown): LaunchError | null {
    if (!(error instanceof TemporalFailure)) throw error;
    if (isCancelled(error)) return null;
    const launchError = describeFailure(error);
    this.#timeline.tell(`launch failed, ${launchError.type}: ${launchError.message}`);
    return launchError;
  }

  async #watch(handle: InstanceRef, stopFirst: StopReason | null): Promise<Facts | 'detached'> {
    const seen = { evidence: null as InstanceEvidence | null };
    void untilDone(
      () => this.#instance.watch.watchInstance({ handle }),
      (refusal) => this.#timeline.tell(`asking for the instance: ${refusal}`),
    ).then((evidence) => {
      seen.evidence = evidence;
      this.#timeline.tell(describeEvidence(evidence));
    });
    const isOver = () => this.#reports.over || seen.evidence !== null;

    let stoppedFor = stopFirst;
    while (stoppedFor === null && !isOver()) {
      const wish = await this.#hearWish();
      if (wish === 'detach') return 'detached';
      stoppedFor = reasonOf(wish) ?? (this.#overdueMs() >= 0 ? 'max-hours' : null);
      if (stoppedFor === null) await this.#nextEvent(isOver);
    }
    if (stoppedFor !== null && stopRules[stoppedFor].isGraceful) await this.#stopGracefully(stoppedFor, isOver);
    return { evidence: seen.evidence, launchError: null, stoppedFor };
  }

  /** How long `maxHours` is over although the runner should have stopped; negative while there is time. */
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
    const { graceMs } = await quickly((activities) => activities.requestStop({ attemptId: this.#attemptId, reason }));
    this.#timeline.phase('stopping');
    this.#timeline.tell(`asked to stop: ${reason}; grace ${graceMs} ms`);
    await condition(isOver, 2 * graceMs + lastWordMs, { summary: 'grace of the stop' });
    if (isOver() || !patched('awaits-delivery')) return;
    await awaitDelivery(this.#attemptId, askedAtMs + 2 * graceMs, isOver, this.#timeline);
  }

  /** Hears of a cancel of this run, and what it means. */
  async #hearWish(): Promise<Wish> {
    return this.#cancellation.requested ? this.#readWish() : 'none';
  }

  async #readWish(): Promise<Wish> {
    const { jobId } = this.#input;
    const attemptId = this.#attemptId;
    const intent = await quickly((activities) => activities.readCancelIntent({ jobId, attemptId }));
    if (intent.isNeedless === true) return 'drop';
    if (intent.requested) return 'stop';
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
        : await quickly((activities) => activities.collectAttempt({ attemptId, evidence, launchError }));
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error;
      ending = faultOf(error);
    }
    return this.#settle(explainedByStop(ending, stoppedFor));
  }

  /** A fault that no retry cures: nothing may be left running or billed because of it. */
  async #giveUp(error: TemporalFailure): Promise<AttemptEnding> {
    const ending = faultOf(error);
    this.#timeline.tell(ending.message);
    await this.#runUndo();
    return this.#settle(ending);
  }

  async #settle(ending: AttemptEnding): Promise<AttemptEnding> {
    const attemptId = this.#attemptId;
    const settled = await untilDone(
      () => quickly((activities) => activities.settleAttempt({ attemptId, ending })),
      (refusal) => this.#timeline.tell(`settling: ${refusal}`),
    );
    this.#timeline.phase(settled.kind);
    this.#timeline.tell(`ended, ${settled.kind}: ${settled.message}`);
    return settled;
  }

  async #runUndo(): Promise<void> {
    for (const step of this.#undo.toReversed()) await step();
  }

  async #terminate(): Promise<void> {
    const { provider } = this.#launching.offer;
    await untilDone(
      () => this.#instance.terminate.terminateInstance({ attemptId: this.#attemptId, provider, handle: this.#handle }),
      (refusal) => this.#timeline.tell(`terminating: ${refusal}`),
    );
    this.#timeline.tell('the provider confirms that nothing is left of the instance');
  }
}

function stopOf(wish: Wish): StopReason | 'detach' | null {
  return wish === 'detach' ? wish : reasonOf(wish);
}

function reasonOf(wish: Exclude<Wish, 'detach'>): StopReason | null {
  switch (wish) {
    case 'none':
      return null;
    case 'stop':
      return 'cancelled';
    case 'drop':
      return 'not-needed';
    default:
      return assertNever(wish);
  }
}
