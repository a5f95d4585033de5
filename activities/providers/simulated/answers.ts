import { z } from 'zod';

/** States that the cloud's documentation names; the adapter treats all other states as unknown. */
export const instanceStates = ['pending', 'running', 'shutting-down', 'terminated'] as const;

/** Fields of the cloud's answers that the adapter reads. */
export const instanceSchema = z.object({
  instanceId: z.string().min(1),
  name: z.string(),
  tags: z.record(z.string(), z.string()),
  region: z.string(),
  state: z.string(),
  stateReason: z.string().nullable(),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  preemptionAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
});
export type CloudInstance = z.output<typeof instanceSchema>;

export const offerSchema = z.object({
  region: z.string(),
  zones: z.array(z.string()),
  instanceType: z.string(),
  vcpu: z.number(),
  memoryGib: z.number(),
  accelerator: z.object({ type: z.string(), count: z.number().int() }).nullable(),
  spot: z.boolean(),
  priceUsdMicrosPerHour: z.number().int().min(0),
  minimumSeconds: z.number(),
  granularitySeconds: z.number(),
  pricedAt: z.iso.datetime(),
});
export type CloudOffer = z.output<typeof offerSchema>;

export const accountSchema = z.object({
  regions: z.array(z.object({ region: z.string(), vcpuInUse: z.number() })),
  duplicateNames: z.enum(['allowed', 'refused']),
  clientTokens: z.enum(['honoured', 'ignored']),
  /** Maximum age of a list. */
  consistencySeconds: z.number(),
});
export type CloudAccount = z.output<typeof accountSchema>;

export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

export const consoleSchema = z.object({ text: z.string() });
export const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
