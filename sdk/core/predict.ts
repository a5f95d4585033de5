import { jsonValueSchema } from './json-value.ts';
import { z } from 'zod';

const scalars = [z.number(), z.string(), z.boolean(), z.null()] as const;
/** One row: a value per named input. Null is a missing number. */
export const predictRequestSchema = z.strictObject({
  inputs: z.record(z.string(), z.union([...scalars, z.array(z.union(scalars)).max(100_000)])),
  version: z.number().int().min(1).max(2_147_483_647).optional(),
});
export type PredictRequest = z.output<typeof predictRequestSchema>;
export const predictResponseSchema = z.object({
  model: z.string(),
  version: z.number().int(),
  outputs: z.record(z.string(), jsonValueSchema),
  /** Class label of the highest probability, for classifiers. */
  label: z.string().nullable(),
  latencyMs: z.number(),
});
export type PredictResponse = z.output<typeof predictResponseSchema>;

/** Many rows; each is answered separately. */
export const predictBatchRequestSchema = z.strictObject({
  inputs: z.array(z.record(z.string(), z.unknown())).min(1).max(10_000),
  version: z.number().int().min(1).max(2_147_483_647).optional(),
});
export type PredictBatchRequest = z.output<typeof predictBatchRequestSchema>;
export const predictBatchResponseSchema = z.object({
  model: z.string(),
  version: z.number().int(),
  /** In the order of the inputs. A row with an error has no outputs. */
  results: z.array(
    z.object({
      outputs: z.record(z.string(), jsonValueSchema).nullable(),
      label: z.string().nullable(),
      error: z
        .object({
          detail: z.string(),
          errors: z.array(z.object({ pointer: z.string(), message: z.string() })),
        })
        .nullable(),
    }),
  ),
  latencyMs: z.number(),
});
export type PredictBatchResponse = z.output<typeof predictBatchResponseSchema>;
