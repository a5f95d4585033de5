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
 * A place for a fault: before a step, or after its effect and before the caller gets its result. `api:` points are
 * calls of the API process, `storage:` points are calls of either process, all others are calls of the worker.
 */
export type Point =
  | `activity:${AnyActivity}:${Moment}`
  | `provider:${ProviderCall}:${Moment}`
  | `api:${GatewayCall}:${Moment}`
  | `storage:${keyof ObjectStorage}:${Moment}`;

/** How a job reaches a point: by itself, or through the named fault. */
export type Way =
  | 'always'
  | 'cancel'
  /** A cancel that hits a running training. */
  | 'cancel-at-work'
  | 'temporal-cancel'
  | 'terminate-job'
  | 'stray'
  | 'abandoned'
  | 'capacity'
  | 'notice'
  | 'sweep'
  /** Reached before the job's schedule is known. */
  | 'submit'
  | 'off';

/** All activities, so that a new activity without an entry here does not compile. */
const activityWays: Readonly<Record<AnyActivity, Way>> = {
  prepareJob: 'always',
  decideNext: 'always',
  openAttempt: 'always',
  awaitCapacity: 'capacity',
  requestStop: 'cancel-at-work',
  // Called only when a delivery goes on after its graces.
  awaitDelivery: 'off',
  collectAttempt: 'always',
  settleAttempt: 'always',
  readCancelIntent: 'cancel',
  recordCancelIntent: 'temporal-cancel',
  registerModel: 'always',
  // Only jobs that declare outputs as versions of datasets.
  commitOutputs: 'off',
  settleJob: 'always',
  // No schedule has a workflow that waits for jobs.
  watchJob: 'off',
  awaitWorkflowClosed: 'terminate-job',
  // Called on its own only after a wait; directly after a refusal it is part of the launch.
  nextLaunch: 'off',
  warnAttempt: 'off',
  tryLaunch: 'always',
  // Used by workflows of earlier releases.
  launchInstance: 'off',
  watchInstance: 'always',
  terminateInstance: 'always',
  surveyProvider: 'sweep',
  endStray: 'stray',
  settleAbandoned: 'abandoned',
  restartJob: 'terminate-job',
  recordSweep: 'sweep',
  refreshCatalog: 'sweep',
  // Runs once a minute, and no job depends on a single check.
  checkProvider: 'off',
};

const providerWays: Readonly<Record<ProviderCall, Way>> = {
  check: 'off',
  catalog: 'off',
  launch: 'always',
  describe: 'always',
  // A single call for the machines of many jobs.
  describeMany: 'off',
  list: 'sweep',
  // Called only for launches without an answer; a repeated call gives the same result.
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
  // Without it an attempt ends later: its grace is the backstop.
  signalEndNow: 'off',
  signalCapacityGranted: 'off',
  wakeFailover: 'notice',
  wakeAttempt: 'off',
  signalJobEnded: 'off',
  // No schedule has a dataset.
  startProfileDataset: 'off',
  sweepNow: 'off',
};

const moments: readonly Moment[] = ['before', 'after'];

function pointsOf(kind: string, ways: Readonly<Record<string, Way>>): readonly (readonly [Point, Way])[] {
  return Object.entries(ways)
    .filter(([, way]) => way !== 'off' && way !== 'submit')
    .flatMap(([name, way]) => moments.map((moment) => [`${kind}:${name}:${moment}` as Point, way] as const));
}

export const submitPoints: readonly Point[] = moments.map((moment): Point => `api:startTrainingJob:${moment}`);

/** All other points that schedules use, each with its way. */
export const allPoints: readonly (readonly [Point, Way])[] = [
  ...pointsOf('activity', activityWays),
  ...pointsOf('provider', providerWays),
  ...pointsOf('api', gatewayWays),
];
