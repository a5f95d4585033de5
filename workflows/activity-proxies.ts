import { proxyActivities, proxyLocalActivities, sleep, TemporalFailure } from '@temporalio/workflow';
import type { CatalogActivities, ControlActivities, ProviderActivities } from '../activities/contracts/index.ts';
import type { Offer } from '../core/failover/types.ts';
import type { InstanceRef } from '../core/instance-ref.ts';
import { instanceQueue, launchQueue, lifecycleQueue } from './contracts/index.ts';
import { describeFailure, isCancelled, mayBeRetried } from './failures.ts';

/**
 * After this time without a heartbeat the step of a dead worker goes to another worker. A busy worker sends three
 * heartbeats in it.
 */
export const heartbeatTimeout = '6s';

// No schedule-to-close timeout on purpose: a laptop that slept overnight must find its jobs still open.

/** Work on the database and the storage. Unlimited tries: while PostgreSQL is away the job waits instead of failing. */
export const control = proxyActivities<ControlActivities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** Copies a model or other outputs of any size, checks them and stores them. Heartbeats reveal a worker that dies during this. */
export const registration = proxyActivities<Pick<ControlActivities, 'registerModel' | 'commitOutputs'>>({
  startToCloseTimeout: '2h',
  heartbeatTimeout,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s' },
  summary: 'checks and registers what the job made',
});

/**
 * Local activity: one history event instead of three to six. Signals are not handled until it returns, so its timeout
 * is short.
 */
const immediate = proxyLocalActivities<ControlActivities>({
  startToCloseTimeout: '3s',
  scheduleToCloseTimeout: '6s',
  retry: { maximumAttempts: 2, initialInterval: '200ms' },
});

/**
 * Short work on the database, recorded as one event. If the local activity fails with a retryable error, the work
 * becomes a server-side activity with unlimited tries. Every control activity is idempotent, so a repeated call is
 * harmless.
 */
export async function localFirst<Result>(call: (activities: ControlActivities) => Promise<Result>): Promise<Result> {
  try {
    return await call(immediate);
  } catch (error) {
    if (!mayBeRetried(error)) throw error;
    return await call(control);
  }
}

/** Backstop of the signal of a grant, which nearly always arrives first. Rare, and rarer the longer the queue. */
export const capacityPoll = proxyActivities<Pick<ControlActivities, 'awaitCapacity'>>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '3s', backoffCoefficient: 1.5, maximumInterval: '60s' },
  summary: 'in the queue for capacity',
});

/** Backstop of the runner's last event during a delivery. Each poll reads the progress of the delivery. */
export const deliveryPoll = proxyActivities<Pick<ControlActivities, 'awaitDelivery'>>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '3s', backoffCoefficient: 1.5, maximumInterval: '30s' },
  summary: 'delivery of the last files',
});

/** The other run closes within a workflow task or two, or after a graceful stop of minutes. */
export const closePoll = proxyActivities<Pick<ControlActivities, 'awaitWorkflowClosed'>>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '500ms', backoffCoefficient: 1.5, maximumInterval: '10s' },
  summary: 'until the earlier run of this id has closed',
});

/**
 * Refreshes the offers of several providers in parallel, each for a few seconds, so that a provider that hangs or has
 * no worker does not delay the caller. True when at least one provider has answered.
 */
export async function askForOffers(providers: readonly string[]): Promise<boolean> {
  const answers = await Promise.all(
    providers.map(async (provider) => {
      const { refreshCatalog } = proxyActivities<CatalogActivities>({
        taskQueue: lifecycleQueue(provider),
        summary: `what ${provider} offers`,
        scheduleToCloseTimeout: '5s',
        retry: { maximumAttempts: 1 },
      });
      try {
        await refreshCatalog({ provider, isAsked: true });
        return true;
      } catch (error) {
        if (!(error instanceof TemporalFailure)) throw error;
        return false;
      }
    }),
  );
  return answers.includes(true);
}

/** Activities for one instance: on the queue of its provider, or of its machine as soon as the machine is known. */
export function instanceActivities(
  offer: Offer,
  handle: InstanceRef | null,
): {
  readonly launch: Pick<ProviderActivities, 'launchInstance' | 'tryLaunch'>;
  readonly watch: Pick<ProviderActivities, 'watchInstance'>;
  readonly terminate: Pick<ProviderActivities, 'terminateInstance'>;
} {
  const taskQueue = instanceQueue(offer.provider, handle);
  const place = `${offer.provider} ${offer.region} ${offer.instanceType}`;
  return {
    launch: proxyActivities<Pick<ProviderActivities, 'launchInstance' | 'tryLaunch'>>({
      taskQueue: launchQueue(offer.provider),
      summary: `launch on ${place}`,
      // a cancel waits for a launch under way, so that the attempt learns of the instance that the launch creates
      cancellationType: 'WAIT_CANCELLATION_COMPLETED',
      // time for the provider calls; after it the outcome is unknown, and the next try looks the instance up
      startToCloseTimeout: '180s',
      // No heartbeat: a paused worker that resumes could create an instance after a second worker had looked for it and
      // found none.
      // The tries cover half an hour of transient errors and lookups in a list that may be a minute old; then the
      // failover decides.
      retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s', maximumAttempts: 45 },
    }),
    watch: proxyActivities<Pick<ProviderActivities, 'watchInstance'>>({
      taskQueue,
      summary: `watch the instance on ${place}`,
      // a single poll of the instance; it throws `not-ready` as long as the instance lives. Its provider sets the time
      // of the next poll; the interval here applies after the death of a worker during a poll
      startToCloseTimeout: '20s',
      heartbeatTimeout,
      retry: { initialInterval: '2s', maximumInterval: '2s', backoffCoefficient: 1 },
    }),
    terminate: proxyActivities<Pick<ProviderActivities, 'terminateInstance'>>({
      taskQueue,
      summary: `terminate the instance on ${place}`,
      startToCloseTimeout: '60s',
      heartbeatTimeout,
      // retried until the provider confirms: an instance that is given up here is billed without end
      retry: { initialInterval: '250ms', backoffCoefficient: 1.5, maximumInterval: '30s' },
    }),
  };
}

/**
 * For calls that must not be given up. The server retries watching and terminating an instance even after most errors.
 * An error that the server does not retry (expired credentials, an unknown state) is retried here after a growing
 * pause, so that the call continues when a person has repaired the cause.
 */
export async function retryRefusals<Result>(
  call: () => Promise<Result>,
  onRefusal: (message: string) => void,
): Promise<Result> {
  for (let pauseMs = 5000; ; pauseMs = Math.min(pauseMs * 2, 900_000)) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof TemporalFailure) || isCancelled(error)) throw error;
      const { type, message } = describeFailure(error);
      onRefusal(`${type}: ${message}`);
      await sleep(pauseMs, { summary: 'refused; trying again' });
    }
  }
}
