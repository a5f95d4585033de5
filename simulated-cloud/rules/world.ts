import { z } from 'zod';
import { scriptSchema } from './script.ts';

const range = z
  .tuple([z.number().min(0), z.number().min(0)])
  .refine(([least, most]) => least <= most, 'the first must not be above the second');

const regionSchema = z.strictObject({
  name: z.string().min(1).max(64),
  zones: z.array(z.string().min(1).max(64)).min(1),
  /** Prices here are the type's price times this. */
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

/** How many spot instances a zone holds, tick by tick; after the last tick it starts again. */
const traceSchema = z.strictObject({
  gapSeconds: z.number().positive(),
  zones: z.record(z.string(), z.array(z.number().int().min(0)).min(1)),
});
export type AvailabilityTrace = z.output<typeof traceSchema>;

const keySchema = z.strictObject({
  id: z.string().min(1),
  key: z.string().min(16),
  /** Hours of the cloud's time after its opening; never when null. */
  expiresAfterHours: z.number().positive().nullable().default(null),
});

/** Everything about one simulated cloud. Times are the cloud's own: real time times `scale`. */
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
  /** vCPUs in one region, apart for spot and on-demand; without limit when null. */
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
  /** Between the terminate call and the end, at least. */
  stopSeconds: range.default([0, 0]),
  /** How old the picture is that `list` shows. */
  listLagSeconds: range.default([0, 0]),
  pageSize: z.number().int().min(1).max(1000).default(100),
  /** Whether two instances may bear one name, also one that has ended. */
  duplicateNames: z.enum(['allowed', 'refused']).default('allowed'),
  /** Whether a create with a client token that was used returns the first one's instance. */
  clientTokens: z.enum(['honoured', 'ignored']).default('ignored'),
  preemption: z
    .strictObject({
      /** Mean life of a spot instance; they live for ever when null. */
      meanHours: z.number().positive().nullable().default(null),
      /** Warning before the end, for the share `noticeShare` of preemptions. */
      noticeSeconds: z.number().min(0).default(120),
      /** Whether the warning is also a SIGTERM to the machine's program; it is in the metadata anyway. */
      noticeSignal: z.boolean().default(true),
      noticeShare: z.number().min(0).max(1).default(1),
      /** Share of ends without a record of why: the machine was there, and is not. */
      disappearShare: z.number().min(0).max(1).default(0),
    })
    .prefault({}),
  trace: traceSchema.nullable().default(null),
  /** Requests that one key may make in a second of real time, with a burst of as many; without limit when null. */
  requestsPerSecond: z.number().positive().nullable().default(null),
  keys: z.array(keySchema).min(1),
  /** Opens the routes of whoever makes the faults, and of the judge. */
  controlKey: z.string().min(16),
  /** What boots: the program in the user data, or a script, for thousands of instances. */
  machine: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('runner') }),
      z.strictObject({ kind: z.literal('scripted'), script: scriptSchema }),
    ])
    .default({ kind: 'runner' }),
});
export type World = z.output<typeof worldSchema>;
export type WorldInput = z.input<typeof worldSchema>;
