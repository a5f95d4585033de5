import { proxyActivities, proxyLocalActivities, sleep, TemporalFailure } from '@temporalio/workflow';
import type { CatalogActivities, ControlActivities, ProviderActivities } from '../activities/contracts/index.ts';
import type { Offer } from '../core/failover/types.ts';
import type { InstanceRef } from '../core/instance-ref.ts';
import { instanceQueue, launchQueue, lifecycleQueue } from './contracts/index.ts';
import { describeFailure, isCancelled, mayBeRetried } from './failures.ts';

/** A dead worker's step is taken up by the next one after this. A worker that is only busy beats three times meanwhile. */
export const heartbeatTimeout = '6s';

// No schedule-to-close timeout on purpose: a laptop that slept overnight must find its jobs still open.

/** Work on the database and the storage. No bound on tries: while PostgreSQL is away the job waits, it does not fail. */
export const control = proxyActivities<ControlActivities>({
  startToCloseTimeout: '60s',
  heartbeatTimeout,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s' },
});

/** Copies a model of any size, checks it, and stores it: a worker that dies meanwhile is noticed by its heartbeats. */
export const registration = proxyActivities<Pick<ControlActivities, 'registerModel'>>({
  startToCloseTimeout: '2h',
  heartbeatTimeout,
  retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '30s' },
  summary: 'checks and registers the model',
});

/** Local activity: one history event instead of three to six. Signals are not handled until it returns, so its timeout is short. */
const immediate = proxyLocalActivities<ControlActivities>({
  startToCloseTimeout: '3s',
  scheduleToCloseTimeout: '6s',
  retry: { maximumAttempts: 2, initialInterval: '200ms' },
});

/**
 * Short work on the database: recorded as one event. When that fails in a way that a retry may cure, the server takes
 * over the retrying, without end. Every control activity is idempotent, so a try too many does no harm.
 */
export async function localFirst<Result>(call: (activities: ControlActivities) => Promise<Result>): Promise<Result> {
  try {
    return await call(immediate);
  } catch (error) {
    if (!mayBeRetried(error)) throw error;
    return await call(control);
  }
}

/** Backstop of a signal that nearly always comes first: seldom, and rarer the longer the queue. */
export const capacityPoll = proxyActivities<Pick<ControlActivities, 'awaitCapacity'>>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '3s', backoffCoefficient: 1.5, maximumInterval: '60s' },
  summary: 'in the queue for capacity',
});

/** Backstop of the runner's last event while its last files are delivered; each look finds how far they are. */
export const deliveryPoll = proxyActivities<Pick<ControlActivities, 'awaitDelivery'>>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '3s', backoffCoefficient: 1.5, maximumInterval: '30s' },
  summary: 'delivery of the last files',
});

/** The other run lets go within a workflow task or two, or after a graceful stop of minutes. */
export const closePoll = proxyActivities<Pick<ControlActivities, 'awaitWorkflowClosed'>>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '500ms', backoffCoefficient: 1.5, maximumInterval: '10s' },
  summary: 'until the earlier run of this id has closed',
});

/**
 * Asks providers what they offer, all at once, each for a few seconds: one that hangs, or that no worker serves, keeps nobody
 * waiting. True when one has answered.
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

/** What is done with one instance, on the queue of its provider, or of its machine as soon as that is known. */
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
      // what a launch under way makes must come to our hands, also when the job is cancelled meanwhile
      cancellationType: 'WAIT_CANCELLATION_COMPLETED',
      // time for the calls themselves; beyond that the outcome is unknown, and the next try looks it up
      startToCloseTimeout: '180s',
      // no heartbeat: a paused worker that resumes could create an instance after a second worker had looked for it and found none
      // half an hour of passing faults, and the looks at a list that may be a minute old; then the failover decides
      retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '60s', maximumAttempts: 45 },
    }),
    watch: proxyActivities<Pick<ProviderActivities, 'watchInstance'>>({
      taskQueue,
      summary: `watch the instance on ${place}`,
      // one look; `not-ready` while it lives, for as long as it lives. The look itself says when the next one comes, by its
      // provider; the interval here is for a worker that died with one
      startToCloseTimeout: '20s',
      heartbeatTimeout,
      retry: { initialInterval: '2s', maximumInterval: '2s', backoffCoefficient: 1 },
    }),
    terminate: proxyActivities<Pick<ProviderActivities, 'terminateInstance'>>({
      taskQueue,
      summary: `terminate the instance on ${place}`,
      startToCloseTimeout: '60s',
      heartbeatTimeout,
      // until the provider confirms: what is given up here bills for ever
      retry: { initialInterval: '250ms', backoffCoefficient: 1.5, maximumInterval: '30s' },
    }),
  };
}

/**
 * For what must not be given up. Watching and ending an instance are retried by the server also when they are refused; of
 * those and of all else, a refusal that the server does not retry (credentials that ran out, a state that we do
 * not know) is tried again after a growing pause, so that it goes on when a person has put it right.
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
