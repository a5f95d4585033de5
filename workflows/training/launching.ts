import {
  CancellationScope,
  condition,
  continueAsNew,
  setHandler,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { LaunchResult, NextLaunch } from '../../activities/contracts/index.ts';
import { assertNever } from '../../core/assert-never.ts';
import type { Offer } from '../../core/failover/types.ts';
import type { InstanceRef } from '../../core/instance-ref.ts';
import type { LaunchError } from '../../core/jobs/judge.ts';
import type { StopReason } from '../../core/jobs/stop-reasons.ts';
import { instanceActivities, localFirst } from '../activity-proxies.ts';
import type { Cancellation } from './cancellation.ts';
import { type AttemptInput, wakeUpSignal } from '../contracts/index.ts';
import { describeFailure, isCancelled } from '../failures.ts';
import { oneLine, type Timeline } from './timeline.ts';
import type { trainingAttempt } from './training-attempt.ts';

/** Waits of one run, each with a query of the offers: some thousand events. */
const mostWaits = 100;

/** Why no further launch follows; `detach`: the parent run is gone, but the job is not over. */
type Stop = StopReason | 'detach';
/** Result of the launches: the instance, or the facts to judge the attempt by. */
type Outcome =
  | { readonly kind: 'launched'; readonly handle: InstanceRef; readonly stoppedFor: StopReason | null }
  | { readonly kind: 'none'; readonly error: LaunchError | null; readonly stoppedFor: StopReason | null }
  | { readonly kind: 'detached' };

/** The parts of the attempt that its launches use. */
export type LaunchStory = {
  readonly input: AttemptInput;
  readonly attemptId: string;
  readonly timeline: Timeline;
  readonly cancellation: Cancellation;
  /** The meaning of a cancel that has arrived; null without a cancel, or if it has no effect. */
  readonly hearStop: () => Promise<Stop | null>;
  /** Waits for a place at the provider of the current offer; also returns on a cancel. */
  readonly awaitCapacity: () => Promise<void>;
  readonly forgetGrant: () => void;
  /** Waits until the provider shows that nothing is left of an instance that a launch may have created. */
  readonly terminate: () => Promise<void>;
};

/**
 * The launches of one attempt: after a refusal comes the next offer or a wait, under the same attempt number. Nothing
 * runs during a wait, and two launches never overlap: a launch with an unknown outcome is looked up until the outcome
 * is known.
 */
export class Launching {
  readonly #story: LaunchStory;
  readonly #news = { isThere: false };
  #offer: Offer;
  #launch = 1;

  constructor(story: LaunchStory) {
    this.#story = story;
    this.#offer = story.input.offer;
    setHandler(wakeUpSignal, () => {
      this.#news.isThere = true;
    });
  }

  /** Offer of the current or last launch. */
  get offer(): Offer {
    return this.#offer;
  }

  /** Sets the launch number and the offer that an earlier run of this attempt had reached. */
  resume({ launch, offer }: { readonly launch: number; readonly offer: Offer }): void {
    this.#launch = launch;
    this.#offer = offer;
  }

  /**
   * @param stopFirst takes over an instance that may run already, so that it stops with its grace, and launches nothing
   * after that
   */
  async run(stopFirst: StopReason | null): Promise<Outcome> {
    const { input } = this.#story;
    let next: NextLaunch =
      input.isWaiting === true
        ? await this.#ask(null)
        : { kind: 'launch', launch: this.#launch, offer: this.#offer, reason: input.reason };
    for (let waits = 0; ;) {
      switch (next.kind) {
        case 'end':
          return { kind: 'none', error: next.error, stoppedFor: stopFirst };
        case 'wait': {
          await this.#beginAnewIfLong(waits++);
          const stop = await this.#wait(next);
          if (stop !== null) return stopped(stop);
          next = await this.#ask(null);
          break;
        }
        case 'launch': {
          const stop = await this.#move(next);
          if (stop !== null) return stopped(stop);
          const tried = await this.#try(stopFirst);
          if (tried.kind !== 'next') return tried;
          next = tried.next;
          break;
        }
        default:
          assertNever(next);
      }
    }
  }

  #ask(refusal: LaunchError | null): Promise<NextLaunch> {
    const { attemptId } = this.#story;
    this.#news.isThere = false;
    return localFirst((activities) => activities.nextLaunch({ attemptId, launch: this.#launch, refusal }));
  }

  /** Moves to another offer; at another provider the attempt queues again. */
  async #move({ launch, offer, reason }: Extract<NextLaunch, { kind: 'launch' }>): Promise<Stop | null> {
    const { input, attemptId, timeline, hearStop, awaitCapacity, forgetGrant } = this.#story;
    const { provider } = this.#offer;
    if (launch > this.#launch) timeline.log(`launch ${launch}, ${placeOf(offer)}: ${reason}`);
    this.#launch = launch;
    this.#offer = offer;
    if (offer.provider === provider) return null;
    timeline.fact('Offer', placeOf(offer));
    const { jobId, attempt } = input;
    for (;;) {
      forgetGrant();
      const opened = await localFirst((activities) => activities.openAttempt({ jobId, attempt, offer, reason }));
      if (opened.kind !== 'waiting') return null;
      timeline.log(`${attemptId} queues at ${offer.provider}`);
      await awaitCapacity();
      const stop = await hearStop();
      if (stop !== null) return stop;
    }
  }

  async #try(stopFirst: StopReason | null): Promise<Outcome | { readonly kind: 'next'; readonly next: NextLaunch }> {
    const { attemptId, cancellation, hearStop } = this.#story;
    const scope = new CancellationScope();
    const { launch } = instanceActivities(this.#offer, null);
    const input = { attemptId, offer: this.#offer, launch: this.#launch };
    const launching = scope
      .run(() => launch.tryLaunch(input))
      .then(
        (result) => this.#tried(result),
        (error: unknown) => this.#failed(error),
      );
    if (stopFirst !== null) return this.#concluded(await launching, stopFirst);
    const cancelled = cancellation.arrived.then(() => 'cancelled' as const);
    const first = await Promise.race([launching, cancelled]);
    if (first !== 'cancelled') return this.#concluded(first, null);
    const stop = await hearStop();
    if (stop === 'detach') return { kind: 'detached' };
    // a pause between tries ends now; a provider call under way completes, and its instance is taken
    scope.cancel();
    return this.#concluded(await launching, stop);
  }

  /** After a stop no further launch follows. */
  async #concluded(
    tried: LaunchResult | LaunchError | null,
    stoppedFor: StopReason | null,
  ): Promise<Outcome | { readonly kind: 'next'; readonly next: NextLaunch }> {
    if (tried !== null && 'kind' in tried && tried.kind === 'launched')
      return { kind: 'launched', handle: tried.handle, stoppedFor };
    const error = tried !== null && 'type' in tried ? tried : null;
    if (stoppedFor !== null || tried === null) return { kind: 'none', error, stoppedFor };
    if ('kind' in tried) return { kind: 'next', next: tried.next };
    // the outcome of the launch is unknown: the next launch waits for the proof that no instance exists
    await this.#story.terminate();
    return { kind: 'next', next: await this.#ask(tried) };
  }

  #tried(result: LaunchResult): LaunchResult {
    if (result.kind === 'next') this.#launch = result.launch;
    else if (result.offer !== undefined) {
      this.#offer = result.offer;
      this.#story.timeline.fact('Offer', placeOf(result.offer));
    }
    return result;
  }

  #failed(error: unknown): LaunchError | null {
    if (!(error instanceof TemporalFailure)) throw error;
    if (isCancelled(error)) return null;
    const launchError = describeFailure(error);
    this.#story.timeline.log(`launch failed, ${launchError.type}: ${launchError.message}`);
    return launchError;
  }

  async #wait({ waitMs, reason }: Extract<NextLaunch, { kind: 'wait' }>): Promise<Stop | null> {
    const { timeline, cancellation, hearStop } = this.#story;
    timeline.log(`waits ${Math.round(waitMs / 1000)} s: ${reason}`);
    const isStirred = () => this.#news.isThere || cancellation.requested;
    await condition(isStirred, waitMs, { summary: oneLine(reason, 100) });
    return hearStop();
  }

  /** Keeps the history of a long wait short. Nothing runs during the wait, so continue-as-new detaches no instance. */
  async #beginAnewIfLong(waits: number): Promise<void> {
    const { input, cancellation } = this.#story;
    const isLong = workflowInfo().continueAsNewSuggested || waits >= (input.mostWaits ?? mostWaits);
    if (waits === 0 || !isLong || cancellation.requested) return;
    const { takeOver: _, ...rest } = input;
    await continueAsNew<typeof trainingAttempt>({ ...rest, offer: this.#offer, isWaiting: true });
  }
}

function stopped(stop: Stop): Outcome {
  return stop === 'detach' ? { kind: 'detached' } : { kind: 'none', error: null, stoppedFor: stop };
}

export function placeOf({ provider, region, instanceType, spot }: Offer): string {
  return `${provider} ${region} ${instanceType}${spot ? ' (spot)' : ''}`;
}
