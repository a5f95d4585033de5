import { signalNames } from '@artenic/core';
import type { Fault, FaultRule, Operation } from '../../../simulated-cloud/rules/faults.ts';
import { pick, randomFrom } from '../random.ts';

import { drawnApart } from './drawn-apart.ts';
import { allPoints, submitPoints, type Point, type Way } from './points.ts';
import type { Words } from './tell.ts';
import { feltOf, worldOf, type WorldOfBatch } from './worlds.ts';

export type { WorldOfBatch } from './worlds.ts';

export const targets = ['worker', 'api', 'postgres', 'temporal'] as const;
export type Target = (typeof targets)[number];

/** A fault or request that hits the platform, the job or the cloud. */
export type Action =
  | { readonly do: 'kill'; readonly target: Target }
  /** In effect from the job's start, for requests about its instances; `anywhere`: for all requests of this kind. */
  | {
      readonly do: 'cloud-fault';
      readonly rule: Omit<FaultRule, 'id' | 'namePrefix'>;
      readonly anywhere: boolean;
    }
  /** The cloud preempts the job's living instances. */
  | { readonly do: 'preempt'; readonly noticeSeconds: number | null; readonly recorded: boolean }
  | { readonly do: 'power-off' }
  /** The job's living machines hang or are cut off: reported as running, but silent. Permanent without `forSeconds`. */
  | { readonly do: 'silence'; readonly how: 'stopped' | 'partitioned'; readonly forSeconds: number | null }
  | { readonly do: 'cancel' }
  /** The object storage answers no request. */
  | { readonly do: 'storage-stall'; readonly forMs: number }
  /** The job's next writes to the object storage take effect, but their answers are lost. */
  | { readonly do: 'storage-answer-lost'; readonly count: number }
  | ({ readonly do: 'signals' } & Words)
  | {
      readonly do: 'temporal';
      readonly verb: 'terminate' | 'cancel' | 'reset';
      readonly workflow: 'job' | 'failover' | 'attempt';
    }
  /** The predecessor of the current attempt returns and writes. */
  | { readonly do: 'zombie' }
  /** An instance in the platform's name space without a row. */
  | { readonly do: 'stray' }
  /** Another job that has ended and left an open attempt with its instance. */
  | { readonly do: 'left-behind' }
  | { readonly do: 'price-change'; readonly factor: number };

export type Act = {
  readonly id: string;
  /** When the job reaches the point for the `nth` time; `start`: before the job begins. */
  readonly at: { readonly point: Point | 'start'; readonly nth: number; readonly delayMs: number };
  readonly action: Action;
};

/** Kind of instances: scripted ones, thousands in parallel, or processes of the real runner. */
export type Machines = 'scripted' | 'runner';

export type Schedule = {
  /** Number within the whole run. */
  readonly index: number;
  readonly mode: 'spot' | 'on-demand' | 'spot-with-fallback';
  readonly acts: readonly Act[];
};

export type Batch = {
  readonly seed: number;
  readonly world: WorldOfBatch;
  readonly schedules: readonly Schedule[];
};

type Random = () => number;
export type Wanted = Omit<Act, 'id'>;

const at = (point: Point | 'start', nth = 1, delayMs = 0): Act['at'] => ({ point, nth, delayMs });

/** Random order without repetition until all items were used, so that no point is left out by chance. */
function* inTurns<Item>(random: Random, items: readonly Item[]): Generator<Item, never> {
  for (;;) {
    const left = [...items];
    while (left.length > 0) {
      const [next] = left.splice(Math.floor(random() * left.length), 1);
      if (next !== undefined) yield next;
    }
  }
}

/** Acts that lead a job to points that it does not reach by itself. */
function leadTo(way: Way, random: Random, felt: Felt): readonly Wanted[] {
  const delayMs = Math.floor(random() * 600);
  switch (way) {
    case 'cancel':
      return [{ at: at('provider:launch:after', 1, delayMs / 2), action: { do: 'cancel' } }];
    case 'cancel-at-work':
      // Cancel before the training starts: trainings are short, and a cancel takes some time to arrive.
      return [{ at: at('provider:launch:before'), action: { do: 'cancel' } }];
    case 'temporal-cancel':
      return [
        { at: at('provider:launch:after', 1, delayMs), action: { do: 'temporal', verb: 'cancel', workflow: 'job' } },
      ];
    case 'terminate-job':
      return [
        { at: at('provider:launch:after', 1, delayMs), action: { do: 'temporal', verb: 'terminate', workflow: 'job' } },
      ];
    case 'stray':
      return [{ at: at('start'), action: { do: 'stray' } }];
    case 'notice':
      return [
        {
          at: at('api:signalRunnerEvent:after', 1, delayMs / 2),
          action: { do: 'preempt', noticeSeconds: felt(2), recorded: true },
        },
      ];
    case 'abandoned':
      return [{ at: at('start'), action: { do: 'left-behind' } }];
    case 'always':
    case 'sweep':
    case 'capacity':
    case 'submit':
    case 'off':
      return [];
    default:
      return way satisfies never;
  }
}

function cloudFault(
  operation: Operation | 'any',
  fault: Fault,
  limits: { readonly count?: number; readonly forSeconds?: number; readonly probability?: number } = {},
  anywhere = false,
): Action {
  const { count = null, forSeconds = null, probability = 1 } = limits;
  return { do: 'cloud-fault', rule: { operation, fault, count, forSeconds, probability }, anywhere };
}

/** Process to kill: mostly the worker, because the point is one of its calls. */
function victim(point: Point, random: Random): Target {
  const share = random();
  if (point.startsWith('api:')) return share < 0.7 ? 'api' : pick(random, ['temporal', 'postgres']);
  if (share < 0.7) return 'worker';
  return pick(random, ['api', 'postgres', 'temporal']);
}

const upTo = (random: Random, least: number, most: number): number => least + Math.floor(random() * (most - least + 1));

type Felt = ReturnType<typeof feltOf>;

/** All cloud faults that the platform must survive without losing the job. */
const cloudFaults: readonly ((random: Random, felt: Felt) => Action)[] = [
  (random) => cloudFault('create', { kind: 'answer-lost' }, { count: upTo(random, 1, 2) }),
  (random, felt) => cloudFault('create', { kind: 'slow', seconds: felt(upTo(random, 1, 8) / 4) }, { count: 1 }),
  (random) => cloudFault('create', { kind: 'reset' }, { count: upTo(random, 1, 3) }),
  (random) => cloudFault('create', { kind: 'server-error', status: pick(random, [500, 503]) }, { count: 2 }),
  (random) => cloudFault('create', { kind: 'throttled', retryAfterSeconds: upTo(random, 0, 1) }, { count: 2 }),
  (random) => cloudFault('create', { kind: 'stockout' }, { count: upTo(random, 1, 4) }),
  () => cloudFault('create', { kind: 'made-twice' }, { count: 1 }),
  (random) => cloudFault('create', { kind: 'garbage' }, { count: upTo(random, 1, 2) }),
  // From a minute to a day, in the time of mass tests.
  (random, felt) =>
    cloudFault('terminate', { kind: 'server-error', status: 500 }, { forSeconds: felt(0.0042 * 1440 ** random()) }),
  (random) => cloudFault('terminate', { kind: 'answer-lost' }, { count: upTo(random, 1, 3) }),
  (random) => cloudFault('terminate', { kind: 'reset' }, { count: upTo(random, 1, 3) }),
  () => cloudFault('terminate', { kind: 'expired-credential' }, { count: 2 }),
  (random) => cloudFault('describe', { kind: 'server-error', status: 503 }, { count: upTo(random, 1, 4) }),
  (random) => cloudFault('describe', { kind: 'unknown-state' }, { count: upTo(random, 1, 3) }),
  () => cloudFault('describe', { kind: 'expired-credential' }, { count: 2 }),
  () => cloudFault('describe', { kind: 'garbage' }, { count: 2 }),
  (random) => cloudFault('list', { kind: 'server-error', status: 503 }, { count: upTo(random, 1, 4) }, true),
  () => cloudFault('list', { kind: 'throttled', retryAfterSeconds: 0 }, { count: 3 }, true),
  () => cloudFault('list', { kind: 'garbage' }, { count: 2 }, true),
  () => cloudFault('offers', { kind: 'server-error', status: 503 }, { count: 2 }, true),
  (_random, felt) => cloudFault('offers', { kind: 'slow', seconds: felt(0.25) }, { count: 3 }, true),
  () => cloudFault('account', { kind: 'server-error', status: 503 }, { count: 2 }, true),
  () => cloudFault('any', { kind: 'reset' }, { count: 4, probability: 0.1 }, true),
  () => cloudFault('any', { kind: 'throttled', retryAfterSeconds: 0 }, { count: 6, probability: 0.1 }, true),
];

const lives: readonly Point[] = ['provider:launch:after', 'api:signalRunnerEvent:after'];

function preemption(random: Random, felt: Felt): Wanted {
  const noticeSeconds = random() < 0.6 ? felt(pick(random, [0, 0.02, 2])) : null;
  const recorded = random() < 0.8;
  return {
    // At any time of the attempt's life, or soon after its runner's first request.
    at: at(pick(random, lives), upTo(random, 1, 2), upTo(random, 0, 1500)),
    action: { do: 'preempt', noticeSeconds, recorded },
  };
}

function surprise(random: Random): Wanted {
  const verb = pick(random, ['terminate', 'cancel', 'reset'] as const);
  const workflow = pick(random, ['job', 'failover', 'attempt'] as const);
  return {
    at: at(pick(random, hooks), 1, upTo(random, 0, 800)),
    action: { do: 'temporal', verb, workflow },
  };
}

/** Signals of an outside system that sends each of them twice. */
function signals(random: Random): Wanted {
  const names = Array.from({ length: upTo(random, 1, 4) }, () => pick(random, [...signalNames, 'hold' as const]));
  return {
    at: at(pick(random, [...lives, ...hooks]), 1, upTo(random, 1, 800)),
    action: { do: 'signals', names, pauseMs: upTo(random, 0, 600), noticeSeconds: pick(random, [0.02, 2]) },
  };
}

/** Steps during which any fault may happen. */
const hooks: readonly Point[] = [
  'activity:prepareJob:after',
  'activity:decideNext:after',
  'activity:openAttempt:after',
  'provider:launch:before',
  'provider:launch:after',
  'activity:collectAttempt:after',
  'activity:settleAttempt:after',
];

/** An attempt that has said hello, its end, and its return when its replacement is open. */
function haunted(random: Random): readonly Wanted[] {
  return [
    {
      at: at('api:signalRunnerEvent:after', 1, upTo(random, 50, 400)),
      action: { do: 'preempt', noticeSeconds: null, recorded: true },
    },
    { at: at('activity:openAttempt:after', 2, upTo(random, 0, 500)), action: { do: 'zombie' } },
  ];
}

const submitEvery = 40;

/** A death while the API starts a job's workflow. It may hit any job, because no job has a schedule at that time. */
function atSubmit(index: number): readonly Wanted[] {
  if (index % submitEvery !== 7) return [];
  const turn = Math.floor(index / submitEvery);
  const point = submitPoints[turn % submitPoints.length] ?? 'start';
  const target = (['api', 'api', 'api', 'api', 'temporal', 'postgres'] as const)[turn % 6] ?? 'api';
  return [{ at: at(point, 1 + (turn % 5)), action: { do: 'kill', target } }];
}

/** Factor for real runners, which need seconds where a script needs a single second. */
const stretch: Readonly<Record<Machines, number>> = { scripted: 1, runner: 3 };

type Points = Iterator<(typeof allPoints)[number], never>;

function scheduleOf(
  { seed, machines }: { readonly seed: number; readonly machines: Machines },
  index: number,
  random: Random,
  points: Points,
): Schedule {
  const felt = feltOf(machines);
  const acts: Wanted[] = [];
  const [point, way] = points.next().value;
  const anyTime = (): Act['at'] => at(pick(random, hooks), 1, upTo(random, 0, 1000));
  acts.push(...leadTo(way, random, felt));
  acts.push({ at: at(point, random() < 0.75 ? 1 : 2), action: { do: 'kill', target: victim(point, random) } });
  if (random() < 0.65) acts.push({ at: at('start'), action: pick(random, cloudFaults)(random, felt) });
  if (random() < 0.15) acts.push({ at: at('start'), action: pick(random, cloudFaults)(random, felt) });
  if (random() < 0.35) acts.push(preemption(random, felt));
  if (random() < 0.06) acts.push({ at: anyTime(), action: { do: 'power-off' } });
  if (random() < 0.1) acts.push({ at: anyTime(), action: { do: 'cancel' } });
  if (random() < 0.15) acts.push(surprise(random));
  if (random() < 0.12) acts.push(...haunted(random));
  if (random() < 0.12) acts.push(signals(random));
  if (random() < 0.05) acts.push({ at: at('start'), action: { do: 'stray' } });
  if (random() < 0.05)
    acts.push({ at: at('provider:launch:after'), action: { do: 'price-change', factor: 0.5 + random() } });
  acts.push(...drawnApart(seed, index, machines));
  acts.push(...atSubmit(index));
  const modes = ['spot', 'spot', 'on-demand', 'spot-with-fallback'] as const;
  return {
    index,
    mode: pick(random, modes),
    acts: acts.map((act, number) => ({
      ...act,
      at: { ...act.at, delayMs: act.at.delayMs * stretch[machines] },
      id: `${index}.${number}`,
    })),
  };
}

/** The schedules of a run, in batches that each share a platform. The same seed gives the same schedules. */
export function batchesOf(options: {
  readonly seed: number;
  readonly schedules: number;
  readonly batchSize: number;
  readonly machines: Machines;
}): readonly Batch[] {
  const random = randomFrom(options.seed);
  const points = inTurns(random, allPoints);
  const batches: Batch[] = [];
  for (let first = 0; first < options.schedules; first += options.batchSize) {
    const size = Math.min(options.batchSize, options.schedules - first);
    const schedules = Array.from({ length: size }, (_, number) => scheduleOf(options, first + number, random, points));
    batches.push({ seed: options.seed, world: worldOf(batches.length, random, options.machines), schedules });
  }
  return batches;
}
