import type { z } from 'zod';

/** A record of at most `most` entries. JSON Schema and documents say so, too. */
export function mostEntries<Value extends z.ZodType>(
  record: z.ZodRecord<z.ZodString, Value>,
  most: number,
): z.ZodRecord<z.ZodString, Value> {
  return record
    .refine((entries) => Object.keys(entries).length <= most, `at most ${most} entries`)
    .meta({ maxProperties: most });
}
