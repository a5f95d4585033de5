import { z } from 'zod';
import { faultRuleSchema, faultSchema, operations } from './faults.ts';

const ms = z.number().int();
const instanceId = z.string();

/** When and how the cloud takes a spot instance back; drawn when the instance is created. */
const fateSchema = z.strictObject({
  endAtMs: ms,
  noticeAtMs: ms.nullable(),
  /** False: no record says why it ended. */
  recorded: z.boolean(),
});
export type Fate = z.output<typeof fateSchema>;

/** `stopped`: its processes stand still. `partitioned`: they run on but cannot reach anything. */
export const silenceKinds = ['stopped', 'partitioned'] as const;

const createdSchema = z.strictObject({
  kind: z.literal('created'),
  instanceId,
  name: z.string(),
  clientToken: z.string().nullable(),
  tags: z.record(z.string(), z.string()),
  region: z.string(),
  zone: z.string(),
  instanceType: z.string(),
  vcpu: z.number(),
  spot: z.boolean(),
  /** Slot in the availability trace of the zone. */
  slot: z.number().int().nullable(),
  /** Price for the instance's whole life. */
  priceUsdMicrosPerHour: z.number().int(),
  bootAtMs: ms,
  /** False: the API says that it runs, but no process runs on it. */
  boots: z.boolean().default(true),
  lagMs: ms,
  fate: fateSchema.nullable(),
});

const bodySchema = z.discriminatedUnion('kind', [
  /** The first entry: cloud time = originMs + (real time − originMs) × scale. */
  z.strictObject({ kind: z.literal('opened'), originMs: ms, scale: z.number(), seed: z.number() }),
  createdSchema,
  z.strictObject({ kind: z.literal('running'), instanceId }),
  z.strictObject({ kind: z.literal('fated'), instanceId, fate: fateSchema }),
  z.strictObject({ kind: z.literal('noticed'), instanceId, deadlineMs: ms }),
  z.strictObject({
    kind: z.literal('stopping'),
    instanceId,
    because: z.enum(['request', 'preemption', 'disappearance']),
    /** Earliest time of the end. */
    stopAtMs: ms,
  }),
  /** All processes of the machine have ended. */
  z.strictObject({ kind: z.literal('powered-off'), instanceId }),
  z.strictObject({
    kind: z.literal('ended'),
    instanceId,
    endedBy: z.enum(['request', 'preemption', 'itself', 'unknown']),
    billedMs: ms,
    costUsdMicros: z.number().int(),
  }),
  z.strictObject({ kind: z.literal('script-step'), instanceId, step: z.number().int() }),
  z.strictObject({ kind: z.literal('state-broken'), instanceId, state: z.string().nullable() }),
  /** The machine is cut off until then; without end when null. */
  z.strictObject({ kind: z.literal('silenced'), instanceId, how: z.enum(silenceKinds), untilMs: ms.nullable() }),
  z.strictObject({ kind: z.literal('faults-set'), rules: z.array(faultRuleSchema) }),
  /** Added to the standing faults, which keep their counts. */
  z.strictObject({ kind: z.literal('faults-added'), rules: z.array(faultRuleSchema) }),
  z.strictObject({
    kind: z.literal('fault-fired'),
    /** Null: the request's own header asked for it. */
    ruleId: z.string().nullable(),
    fault: faultSchema,
    operation: z.enum(operations),
    name: z.string().nullable(),
  }),
  z.strictObject({ kind: z.literal('key-expiry-set'), keyId: z.string(), expiresAtMs: ms.nullable() }),
  /** Limits the instances of a type in a zone, or of every type when `instanceType` is null; null removes the limit. */
  z.strictObject({
    kind: z.literal('capacity-set'),
    zone: z.string(),
    instanceType: z.string().nullable(),
    capacity: z.number().int().min(0).nullable(),
  }),
  z.strictObject({ kind: z.literal('quota-set'), region: z.string(), spot: z.boolean(), vcpu: z.number().nullable() }),
  z.strictObject({
    kind: z.literal('price-set'),
    region: z.string(),
    instanceType: z.string(),
    spot: z.boolean(),
    usdMicrosPerHour: z.number().int().min(0),
  }),
]);
export type EntryBody = z.output<typeof bodySchema>;
export type Created = z.output<typeof createdSchema>;

/** One line of the ledger. `atMs` is the cloud's time and never decreases; `seq` counts from 1 without gaps. */
export const entrySchema = z
  .looseObject({ seq: z.number().int().min(1), atMs: ms })
  .transform(({ seq, atMs, ...rest }, context): LedgerEntry => {
    const body = bodySchema.safeParse(rest);
    if (body.success) return { seq, atMs, ...body.data };
    context.addIssue({ code: 'custom', message: body.error.message });
    return z.NEVER;
  });
export type LedgerEntry = EntryBody & { readonly seq: number; readonly atMs: number };
