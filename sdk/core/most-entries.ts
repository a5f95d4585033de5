import type { z } from 'zod';

/** A record of at most `most` entries. The limit also appears in JSON Schema and OpenAPI documents. */
export function mostEntries<Value extends z.ZodType>(
  record: z.ZodRecord<z.ZodString, Value>,
  most: number,
): z.ZodRecord<z.ZodString, Value> {
  return record
    .refine((entries) => Object.keys(entries).length <= most, `at most ${most} entries`)
    .meta({ maxProperties: most });
}
