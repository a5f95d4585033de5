import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { AttemptEnding, TerminalJobState } from '@artenic/core';
import type { CatalogActivities, ControlActivities, ProviderActivities } from '../../activities/contracts/index.ts';
import { retriedWhenRefused } from '../../activities/failures.ts';
import { errorTable, type ErrorType } from '../../core/errors.ts';
import { spotWithFallback } from '../../core/failover/policy.ts';
import type { FailoverAction, FailoverPolicy, FailoverState, Offer, OwnRefusal } from '../../core/failover/types.ts';
import { isSameOffer } from '../../core/failover/offers.ts';
import { refusalKindOf } from '../../core/failover/refusal-kind.ts';
import { chooseLaunch } from '../../core/failover/refusals.ts';
import { parseAttemptId } from '../../core/ids.ts';
import {
  endNowSignal,
  attemptWorkflowId,
  capacityGrantedSignal,
  failoverWorkflowId,
  runnerEventSignal,
  trainingJobWorkflowId,
  wakeUpSignal,
} from '../../workflows/contracts/index.ts';
import { failoverState } from '../support/failover-state.ts';
import { FakeRunner, happyScript, type Instance, type RunnerScript, type RunnerSignal } from './fake-runner.ts';

export const localOffer: Offer = {
  provider: 'local',
  region: 'local',
  instanceType: 'cpu',
  spot: false,
  priceUsdMicrosPerHour: 0,
};

type Model = { readonly name: string; readonly version: number };
type Job = {
  readonly id: string;
  readonly script: RunnerScript;
  readonly offers: readonly Offer[];
  readonly graceMs: number;
  readonly stopAtMs: number;
  readonly retryOnExitCodes: readonly number[];
  cancelRequestedBy: string | null;
  cancelIsNow: boolean;
  settled: { state: TerminalJobState; message: string; model: Model | null } | null;
};
type Attempt = {
  readonly id: string;
  readonly attempt: number;
  offer: Offer;
  launch: number;
  readonly reason: string;
  granted: boolean;
  startedAtMs: number;
  endedAtMs: number;
  noticedAtMs: number | null;
  ending: AttemptEnding | null;
};
function failure(type: ErrorType, message: string, retryAfterMs?: number): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: !errorTable[type].retryable,
    ...(retryAfterMs === undefined ? {} : { nextRetryDelay: retryAfterMs }),
    ...(type === 'not-ready' ? { category: ApplicationFailureCategory.BENIGN } : {}),
  });
}

type Activities = ControlActivities & ProviderActivities;
/** The error with which the nth call of an activity fails, if any. */
type Fault = (call: number, input: unknown) => ErrorType | null | Promise<ErrorType | null>;

/** In-memory world behind the activities: rows, capacity, a provider, runners. */
export class World {
  readonly client: Client;
  readonly jobs = new Map<string, Job>();
  readonly attempts = new Map<string, Attempt>();
  readonly instances = new Map<string, Instance>();
  readonly decisions = new Map<string, FailoverAction>();
  /** Refused launches of each job, oldest first. */
  readonly refusals = new Map<string, readonly OwnRefusal[]>();
  readonly models: string[] = [];
  /** All calls in order: activity name and job or attempt id. */
  readonly calls: string[] = [];
  readonly #faults = new Map<string, Fault>();
  slots = 100;
  /** Jobs for which no offers are known until the provider is asked. */
  readonly unknown = new Set<string>();
  policy: FailoverPolicy = spotWithFallback;
  pollMs = 50;
  /** Region of new instances; a region that names a machine places them on that machine. */
  region = 'local';
  #queue: string[] = [];
  readonly #scripts: Promise<PromiseSettledResult<void>[]>[] = [];

  constructor(client: Client) {
    this.client = client;
  }

  addJob(id: string, job: Partial<Omit<Job, 'id'>> = {}): Job {
    const made: Job = {
      id,
      script: happyScript,
      offers: [localOffer],
      graceMs: 200,
      stopAtMs: Date.now() + 3_600_000,
      retryOnExitCodes: [],
      cancelRequestedBy: null,
      cancelIsNow: false,
      settled: null,
      ...job,
    };
    this.jobs.set(id, made);
    return made;
  }

  /** Cancels like the API: stores the intent in the row, then cancels the workflow. */
  async cancelByApi(jobId: string): Promise<void> {
    this.#job(jobId).cancelRequestedBy ??= 'user';
    await this.client.workflow.getHandle(trainingJobWorkflowId(jobId)).cancel();
  }

  /** As the API does it for a cancel without a grace: the request, the cancel, and a signal to the open attempt. */
  async endNowByApi(jobId: string): Promise<void> {
    this.#job(jobId).cancelIsNow = true;
    await this.cancelByApi(jobId);
    await this.client.workflow.getHandle(attemptWorkflowId(jobId, 1)).signal(endNowSignal);
  }

  fault(jobId: string, name: keyof Activities, fault: Fault): void {
    this.#faults.set(`${name} ${jobId}`, fault);
  }

  attemptsOf(jobId: string): Attempt[] {
    return [...this.attempts.values()].filter((one) => parseAttemptId(one.id)?.jobId === jobId);
  }

  called(name: keyof Activities, subject: string): number {
    return this.calls.filter((one) => one === `${name} ${subject}`).length;
  }

  /** Throws errors of runner scripts, because a failed script is a broken test. */
  async finishScripts(): Promise<void> {
    const failed = (await Promise.all(this.#scripts)).flat().find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** Signals like the API: data that must outlive the workflow goes into the row first. */
  readonly signalRunner = async (attemptId: string, event: RunnerSignal): Promise<void> => {
    if (event.kind === 'notice') {
      this.#attempt(attemptId).noticedAtMs ??= Date.now();
      const failover = failoverWorkflowId(parseAttemptId(attemptId)?.jobId ?? '');
      await ignoreClosed(this.client.workflow.getHandle(failover).signal(wakeUpSignal));
    }
    await ignoreClosed(this.client.workflow.getHandle(attemptId).signal(runnerEventSignal, event));
  };

  readonly control: ControlActivities = {
    prepareJob: async ({ jobId }) => {
      await this.#enter('prepareJob', jobId, jobId);
      const job = this.#job(jobId);
      if (job.settled !== null) return { kind: 'settled', ...job.settled };
      const used = [...this.decisions.keys()].filter((key) => key.startsWith(`${jobId} `)).length;
      return { kind: 'ready', title: `title of ${jobId}`, provider: 'local', nextDecision: used + 1 };
    },
    decideNext: async ({ jobId, decision, watched }) => {
      await this.#enter('decideNext', jobId, jobId);
      const key = `${jobId} ${decision}`;
      const stored = this.decisions.get(key);
      if (stored !== undefined) return { ...stored, isRepeated: true };
      const isUnknown = this.unknown.has(jobId);
      const action: FailoverAction = isUnknown
        ? { kind: 'wait', waitMs: 3_600_000, reason: 'Paused: not known' }
        : this.#decide(jobId, watched);
      this.decisions.set(key, action);
      if (isUnknown) return { ...action, unknown: ['local', 'served-by-nobody'] };
      return action;
    },
    openAttempt: async ({ jobId, attempt, offer, reason }) => {
      const id = attemptWorkflowId(jobId, attempt);
      await this.#enter('openAttempt', id, jobId);
      let row = this.attempts.get(id);
      if (row === undefined) {
        const now = Date.now();
        row = {
          id,
          attempt,
          offer,
          launch: 1,
          reason,
          granted: false,
          startedAtMs: now,
          endedAtMs: now,
          noticedAtMs: null,
          ending: null,
        };
        this.attempts.set(id, row);
        this.#queue.push(id);
      }
      if (row.ending !== null) return { kind: 'ended', ending: row.ending };
      await this.#grant(id);
      const { launch } = row;
      return {
        kind: row.granted ? 'granted' : 'waiting',
        ...(launch > 1 ? { current: { launch, offer: row.offer } } : {}),
      };
    },
    nextLaunch: async ({ attemptId, launch, refusal }) => {
      await this.#enter('nextLaunch', attemptId, refusal?.type ?? null);
      const row = this.#attempt(attemptId);
      const jobId = parseAttemptId(attemptId)?.jobId ?? '';
      const kind = refusal === null ? null : refusalKindOf(refusal.type);
      if (row.launch > launch) return { kind: 'launch', launch: row.launch, offer: row.offer, reason: row.reason };
      if (refusal !== null && kind !== null) this.#refuse(row, { kind, message: refusal.message });
      const error = refusal ?? { type: 'stockout', message: 'refused before' };
      if (refusal !== null && kind === null) return { kind: 'end', error };
      const choice = chooseLaunch(this.#state(jobId, []), row.attempt, this.policy.decide);
      if (choice.kind === 'end') return { kind: 'end', error };
      if (choice.kind === 'wait') return choice;
      row.launch = launch + 1;
      row.offer = choice.offer;
      return { ...choice, launch: row.launch };
    },
    warnAttempt: async ({ attemptId }) => {
      await this.#enter('warnAttempt', attemptId, attemptId);
      this.#attempt(attemptId).noticedAtMs ??= Date.now();
    },
    awaitCapacity: async ({ attemptId }) => {
      await this.#enter('awaitCapacity', attemptId, attemptId);
      if (!this.#attempt(attemptId).granted) throw failure('not-ready', 'still waiting');
    },
    requestStop: async ({ attemptId, reason }) => {
      await this.#enter('requestStop', attemptId, reason);
      const instance = this.instances.get(attemptId);
      if (instance !== undefined) instance.stopReason ??= reason;
      return { graceMs: this.#jobOf(attemptId).graceMs };
    },
    awaitDelivery: async ({ attemptId, sinceMs }) => {
      await this.#enter('awaitDelivery', attemptId, sinceMs);
      const { delivery } = this.instances.get(attemptId) ?? {};
      if (delivery === 'under-way') throw failure('not-ready', 'it delivers', this.pollMs);
      return delivery ?? 'none';
    },
    collectAttempt: async ({ attemptId, evidence, launchError }) => {
      await this.#enter('collectAttempt', attemptId, attemptId);
      const marker = this.instances.get(attemptId)?.marker ?? null;
      if (marker !== null) {
        const { exitCode } = marker;
        if (exitCode === 0) return { kind: 'succeeded', exitCode, message: 'Done.' };
        return { kind: exitCode === null ? 'killed' : 'failed', exitCode, message: 'Not done.' };
      }
      if (launchError !== null) {
        const kind = launchError.type === 'stockout' ? 'stockout' : 'launch-failed';
        return { kind, exitCode: null, message: launchError.message };
      }
      const { silent } = evidence ?? {};
      if (silent !== undefined) return { kind: 'lost', exitCode: null, message: 'Not heard.', evidence: silent.kind };
      const kind = evidence?.endedBy === 'preemption' ? 'preempted' : 'lost';
      return { kind, exitCode: null, message: 'No last word.' };
    },
    settleAttempt: async ({ attemptId, ending }) => {
      await this.#enter('settleAttempt', attemptId, attemptId);
      const row = this.#attempt(attemptId);
      if (row.ending === null) {
        row.ending = ending;
        row.endedAtMs = Date.now();
        row.granted = false;
        this.#queue = this.#queue.filter((id) => id !== attemptId);
        await this.#grant(null);
      }
      return row.ending;
    },
    readCancelIntent: async ({ jobId, attemptId }) => {
      await this.#enter('readCancelIntent', jobId, jobId);
      const job = this.#job(jobId);
      const isNeedless = attemptId !== undefined && this.instances.get(attemptId)?.stopReason === 'not-needed';
      return {
        requested: job.cancelRequestedBy !== null || job.settled !== null,
        ...(isNeedless ? { isNeedless } : {}),
        ...(job.cancelIsNow ? { isNow: true } : {}),
      };
    },
    recordCancelIntent: async ({ jobId, by }) => {
      await this.#enter('recordCancelIntent', jobId, jobId);
      const job = this.#job(jobId);
      if (job.settled !== null) throw failure('conflict', 'the job has ended');
      job.cancelRequestedBy ??= by;
    },
    commitOutputs: () => Promise.resolve([]),
    registerModel: async ({ jobId, attempt }) => {
      await this.#enter('registerModel', jobId, jobId);
      const key = `${jobId} from attempt ${attempt}`;
      if (!this.models.includes(key)) this.models.push(key);
      return { name: jobId, version: 1 };
    },
    settleJob: async ({ jobId, state, message, model }) => {
      await this.#enter('settleJob', jobId, jobId);
      const job = this.#job(jobId);
      job.settled ??= { state, message, model };
      return { state: job.settled.state, message: job.settled.message };
    },
    watchJob: () => Promise.reject(new Error('no workflow here waits for jobs')),
    awaitWorkflowClosed: async ({ workflowId }) => {
      await this.#enter('awaitWorkflowClosed', workflowId, workflowId);
      const { status } = await this.client.workflow.getHandle(workflowId).describe();
      if (status.name === 'RUNNING') throw failure('not-ready', `${workflowId} is open`, this.pollMs);
    },
  };

  readonly provider: ProviderActivities & CatalogActivities = {
    refreshCatalog: async () => {
      this.unknown.clear();
      return { offers: 1 };
    },
    tryLaunch: async ({ attemptId, offer, launch }) => {
      try {
        return { kind: 'launched', handle: await this.provider.launchInstance({ attemptId, offer }) };
      } catch (error) {
        const type = error instanceof ApplicationFailure ? error.type : null;
        if (type !== 'stockout' && type !== 'quota') throw error;
        const refusal = { type, message: `${type} in the test` };
        return { kind: 'next', launch, next: await this.control.nextLaunch({ attemptId, launch, refusal }) };
      }
    },
    launchInstance: async ({ attemptId, offer }) => {
      await this.#enter('launchInstance', attemptId, offer.instanceType);
      const known = this.instances.get(attemptId);
      if (known !== undefined) return known.handle;
      const handle = { provider: 'local', attemptId, instanceId: `i-${this.instances.size + 1}`, region: this.region };
      const instance: Instance = { handle, gone: false, endedBy: 'unknown', marker: null, stopReason: null };
      this.instances.set(attemptId, instance);
      const attempt = parseAttemptId(attemptId)?.attempt ?? 0;
      const job = this.#jobOf(attemptId);
      const runner = new FakeRunner({ job, attempt, instance, signal: this.signalRunner });
      this.#scripts.push(Promise.allSettled([job.script(runner)]));
      return handle;
    },
    watchInstance: retriedWhenRefused(async ({ handle }) => {
      await this.#enter('watchInstance', handle.attemptId, handle);
      const instance = this.instances.get(handle.attemptId);
      if (instance === undefined) throw failure('not-found', 'no such instance');
      if (!instance.gone && instance.silent === true) {
        const since = new Date().toISOString();
        return { endedBy: 'unknown', endedAt: null, silent: { kind: 'fell-silent', since, limitMs: 60_000 } };
      }
      if (!instance.gone) throw failure('not-ready', 'it lives', this.pollMs);
      return { endedBy: instance.endedBy, endedAt: new Date().toISOString() };
    }, 60_000),
    terminateInstance: retriedWhenRefused(async ({ attemptId }) => {
      await this.#enter('terminateInstance', attemptId, attemptId);
      const instance = this.instances.get(attemptId);
      if (instance === undefined || instance.gone) return;
      instance.gone = true;
      instance.endedBy = 'request';
    }, 900_000),
  };

  async #enter(name: keyof Activities, subject: string, input: unknown): Promise<void> {
    this.calls.push(`${name} ${subject}`);
    const jobId = parseAttemptId(subject)?.jobId ?? subject;
    const type = await this.#faults.get(`${name} ${jobId}`)?.(this.called(name, subject), input);
    if (type !== null && type !== undefined) throw failure(type, `${name} was told to fail: ${type}`);
  }

  #refuse({ offer, attempt, id }: Attempt, { kind, message }: Pick<OwnRefusal, 'kind' | 'message'>): void {
    const jobId = parseAttemptId(id)?.jobId ?? '';
    const known = this.refusals.get(jobId) ?? [];
    const before = known.find((one) => isSameOffer(one.offer, offer));
    const streak = before?.attempt === attempt ? before.streak + 1 : 1;
    const refusal = { kind, message, offer, attempt, streak, atMs: Date.now() };
    this.refusals.set(jobId, [...known.filter((one) => one !== before), refusal]);
  }

  #decide(jobId: string, watched: readonly number[]): FailoverAction {
    return this.policy.decide(this.#state(jobId, watched));
  }

  #state(jobId: string, watched: readonly number[]): FailoverState {
    const job = this.#job(jobId);
    const rows = this.attemptsOf(jobId);
    return failoverState({
      launchRefusals: this.refusals.get(jobId) ?? [],
      attempts: rows.flatMap(({ attempt, offer, ending, startedAtMs, endedAtMs }) =>
        ending === null ? [] : [{ attempt, offer, ending, endedAtMs, ranMs: endedAtMs - startedAtMs }],
      ),
      openAttempts: [
        ...rows.flatMap(({ attempt, offer, noticedAtMs, ending }) =>
          ending === null
            ? [{ attempt, offer, isWatched: watched.includes(attempt), noticedAtMs, isDone: false, ranMs: 0 }]
            : [],
        ),
        ...watched
          .filter((number) => rows.every(({ attempt }) => attempt !== number))
          .map((attempt) => ({
            attempt,
            offer: localOffer,
            isWatched: true,
            noticedAtMs: null,
            isDone: false,
            ranMs: 0,
          })),
      ],
      offers: job.offers,
      heard: [],
      refusals: [],
      createdAtMs: 0,
      cancelRequested: job.cancelRequestedBy !== null,
      retryOnExitCodes: job.retryOnExitCodes,
      stopAtMs: null,
      nowMs: Date.now(),
    });
  }

  /** Grants slots in order. The attempt that asks gets its grant by the answer, all others by signal. */
  async #grant(asking: string | null): Promise<void> {
    const taken = () => [...this.attempts.values()].filter((one) => one.granted).length;
    while (taken() < this.slots) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#attempt(next).granted = true;
      if (next !== asking) await ignoreClosed(this.client.workflow.getHandle(next).signal(capacityGrantedSignal));
    }
  }

  async setSlots(slots: number): Promise<void> {
    this.slots = slots;
    await this.#grant(null);
  }

  /** Stores a grant in the row, but loses its signal. */
  grantSilently(attemptId: string): void {
    this.#queue = this.#queue.filter((id) => id !== attemptId);
    this.#attempt(attemptId).granted = true;
  }

  #job(jobId: string): Job {
    const job = this.jobs.get(jobId);
    if (job === undefined) throw failure('not-found', `no job ${jobId}`);
    return job;
  }
  #jobOf(attemptId: string): Job {
    return this.#job(parseAttemptId(attemptId)?.jobId ?? '');
  }
  #attempt(attemptId: string): Attempt {
    const row = this.attempts.get(attemptId);
    if (row === undefined) throw failure('not-found', `no attempt ${attemptId}`);
    return row;
  }
}

async function ignoreClosed(signal: Promise<void>): Promise<void> {
  try {
    await signal;
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
