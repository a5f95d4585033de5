import type {
  CatalogActivities,
  CheckActivities,
  ControlActivities,
  ProviderActivities,
  RepairActivities,
  SweepActivities,
} from '../../../activities/contracts/index.ts';
import type { Provider } from '../../../activities/providers/provider.ts';
import type { ObjectStorage } from '../../../core/object-storage.ts';
import type { TemporalGateway } from '../../../app/temporal/gateway.ts';

type AnyActivity = keyof (CatalogActivities &
  CheckActivities &
  ControlActivities &
  ProviderActivities &
  RepairActivities &
  SweepActivities);
type ProviderCall = Exclude<keyof Provider, 'name' | 'capabilities'>;
type GatewayCall = Exclude<keyof TemporalGateway, 'ping' | 'close' | 'describe' | 'openTrainingJobs'>;
type Moment = 'before' | 'after';

/**
 * Where something can be done to the platform: before a step, or after its effect and before anybody hears of it.
 * `api:` points are calls of the API process, `storage:` points those of either, all others are the worker's.
 */
export type Point =
  | `activity:${AnyActivity}:${Moment}`
  | `provider:${ProviderCall}:${Moment}`
  | `api:${GatewayCall}:${Moment}`
  | `storage:${keyof ObjectStorage}:${Moment}`;

/** What it takes for a job to come by: a step that every job does, or the fault that leads there. */
export type Way =
  | 'always'
  | 'cancel'
  /** A cancel that finds a training to be stopped. */
  | 'cancel-at-work'
  | 'temporal-cancel'
  | 'terminate-job'
  | 'stray'
  | 'abandoned'
  | 'capacity'
  | 'notice'
  | 'sweep'
  /** Comes before anybody knows which schedule is the job's. */
  | 'submit'
  | 'off';

/** Every activity there is: one that is added without a line here does not compile. */
const activityWays: Readonly<Record<AnyActivity, Way>> = {
  prepareJob: 'always',
  decideNext: 'always',
  openAttempt: 'always',
  awaitCapacity: 'capacity',
  requestStop: 'cancel-at-work',
  // only what still delivers after its graces is asked for
  awaitDelivery: 'off',
  collectAttempt: 'always',
  settleAttempt: 'always',
  readCancelIntent: 'cancel',
  recordCancelIntent: 'temporal-cancel',
  registerModel: 'always',
  settleJob: 'always',
  // no schedule has a workflow that waits for jobs
  watchJob: 'off',
  awaitWorkflowClosed: 'terminate-job',
  // by itself only after a wait; what follows a refusal at once is asked within the launch
  nextLaunch: 'off',
  warnAttempt: 'off',
  tryLaunch: 'always',
  // of workflows of earlier releases
  launchInstance: 'off',
  watchInstance: 'always',
  terminateInstance: 'always',
  surveyProvider: 'sweep',
  endStray: 'stray',
  settleAbandoned: 'abandoned',
  restartJob: 'terminate-job',
  recordSweep: 'sweep',
  refreshCatalog: 'sweep',
  // once a minute, and nothing of a job hangs on one of them
  checkProvider: 'off',
};

const providerWays: Readonly<Record<ProviderCall, Way>> = {
  check: 'off',
  offers: 'always',
  catalog: 'off',
  launch: 'always',
  describe: 'always',
  // one call for the machines of many jobs
  describeMany: 'off',
  list: 'sweep',
  // asked only for what was launched without an answer, and says the same when it is asked again
  find: 'off',
  terminate: 'always',
  console: 'off',
  consistencyMs: 'off',
  machine: 'off',
};

const gatewayWays: Readonly<Record<GatewayCall, Way>> = {
  startTrainingJob: 'submit',
  cancelTrainingJob: 'cancel',
  signalRunnerEvent: 'always',
  signalCapacityGranted: 'off',
  wakeFailover: 'notice',
  wakeAttempt: 'off',
  signalJobEnded: 'off',
};

const moments: readonly Moment[] = ['before', 'after'];

function pointsOf(kind: string, ways: Readonly<Record<string, Way>>): readonly (readonly [Point, Way])[] {
  return Object.entries(ways)
    .filter(([, way]) => way !== 'off' && way !== 'submit')
    .flatMap(([name, way]) => moments.map((moment) => [`${kind}:${name}:${moment}` as Point, way] as const));
}

export const submitPoints: readonly Point[] = moments.map((moment): Point => `api:startTrainingJob:${moment}`);

/** All other points that schedules are made of, with the way that leads there. */
export const allPoints: readonly (readonly [Point, Way])[] = [
  ...pointsOf('activity', activityWays),
  ...pointsOf('provider', providerWays),
  ...pointsOf('api', gatewayWays),
];
