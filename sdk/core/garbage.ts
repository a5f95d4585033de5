import { z } from 'zod';

const count = z.number().int().min(0);

/** What the collector would remove now, by its steps in their order. */
export const garbageReportSchema = z.object({
  steps: z.array(
    z.object({
      step: z.string(),
      items: count,
      rows: count,
      objects: count,
      /** Of objects, and of partitions of tables. */
      bytes: count,
      /** Not all was looked at: there may be more. */
      isMore: z.boolean(),
    }),
  ),
});
export type GarbageReport = z.output<typeof garbageReportSchema>;
