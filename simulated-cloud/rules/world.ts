import { z } from 'zod';
import { scriptSchema } from './script.ts';

const range = z
  .tuple([z.number().min(0), z.number().min(0)])
  .refine(([least, most]) => least <= most, 'the first must not be above the second');

const regionSchema = z.strictObject({
  name: z.string().min(1).max(64),
  zones: z.array(z.string().min(1).max(64)).min(1),
  /** Prices in this region are the type's price times this factor. */
  priceFactor: z.number().positive().default(1),
});

const instanceTypeSchema = z.strictObject({
  name: z.string().min(1).max(64),
  vcpu: z.number().positive(),
  memoryGib: z.number().positive(),
  accelerator: z
    .strictObject({ type: z.string().min(1), count: z.number().int().min(1) })
    .nullable()
    .default(null),
  onDemandUsdPerHour: z.number().min(0),
  /** Null: this type has no spot market. */
  spotUsdPerHour: z.number().min(0).nullable().default(null),
});
export type InstanceType = z.output<typeof instanceTypeSchema>;

/** Number of spot instances that a zone holds, by tick; starts again after the last tick. */
const traceSchema = z.strictObject({
  gapSeconds: z.number().positive(),
  zones: z.record(z.string(), z.array(z.number().int().min(0)).min(1)),
});
export type AvailabilityTrace = z.output<typeof traceSchema>;

const keySchema = z.strictObject({
  id: z.string().min(1),
  key: z.string().min(16),
  /** Hours of the cloud's time after its opening; never expires when null. */
  expiresAfterHours: z.number().positive().nullable().default(null),
});

/** Settings of one simulated cloud. Times are the cloud's own: real time times `scale`. */
export const worldSchema = z.strictObject({
  seed: z.number().int().min(0).default(1),
  /** Seconds of the cloud in one real second: 14,400 makes an hour of 250 ms. */
  scale: z.number().positive().default(1),
  regions: z.array(regionSchema).min(1),
  instanceTypes: z.array(instanceTypeSchema).min(1),
  /** Spot prices change in steps of `everyHours` by up to the share `spread` around the list price. */
  spotPrices: z
    .strictObject({ everyHours: z.number().positive(), spread: z.number().min(0).max(0.9) })
    .nullable()
    .default(null),
  /** Instances of one type that a zone holds; without limit when null. */
  zoneCapacity: z.number().int().min(0).nullable().default(null),
  /** vCPUs in one region, counted separately for spot and on-demand; without limit when null. */
  quotas: z
    .strictObject({
      onDemandVcpu: z.number().min(0).nullable().default(null),
      spotVcpu: z.number().min(0).nullable().default(null),
    })
    .prefault({}),
  billing: z
    .strictObject({
      minimumSeconds: z.number().min(0).default(60),
      granularitySeconds: z.number().min(0.001).default(1),
    })
    .prefault({}),
  bootSeconds: range.default([0, 0]),
  /** Least time between the terminate call and the end. */
  stopSeconds: range.default([0, 0]),
  /** Age of the data that `list` returns. */
  listLagSeconds: range.default([0, 0]),
  pageSize: z.number().int().min(1).max(1000).default(100),
  /** Whether two instances may have the same name; names of ended instances count too. */
  duplicateNames: z.enum(['allowed', 'refused']).default('allowed'),
  /** Whether a create with a used client token returns the first request's instance. */
  clientTokens: z.enum(['honoured', 'ignored']).default('ignored'),
  preemption: z
    .strictObject({
      /** Mean life of a spot instance; without end when null. */
      meanHours: z.number().positive().nullable().default(null),
      /** Time between notice and end, for the share `noticeShare` of preemptions. */
      noticeSeconds: z.number().min(0).default(120),
      /** Whether the notice is also sent as SIGTERM to the machine's program; it is always in the metadata. */
      noticeSignal: z.boolean().default(true),
      noticeShare: z.number().min(0).max(1).default(1),
      /** Share of ends without a recorded reason: the machine simply disappears. */
      disappearShare: z.number().min(0).max(1).default(0),
    })
    .prefault({}),
  trace: traceSchema.nullable().default(null),
  /**
   * Requests that one key may make in a second of real time, with a burst of the same size; without limit when null.
   */
  requestsPerSecond: z.number().positive().nullable().default(null),
  keys: z.array(keySchema).min(1),
  /** Key to the routes of fault injection and the judge. */
  controlKey: z.string().min(16),
  /** Program of a machine: the runner with its user data, or a script, for thousands of instances. */
  machine: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('runner') }),
      z.strictObject({ kind: z.literal('scripted'), script: scriptSchema }),
    ])
    .default({ kind: 'runner' }),
});
export type World = z.output<typeof worldSchema>;
export type WorldInput = z.input<typeof worldSchema>;
