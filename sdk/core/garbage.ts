import { z } from 'zod';

const count = z.number().int().min(0);

/** Items that the collector would remove now, by step, in order. */
export const garbageReportSchema = z.object({
  steps: z.array(
    z.object({
      step: z.string(),
      items: count,
      rows: count,
      objects: count,
      /** Size of objects and of table partitions. */
      bytes: count,
      /** True when only a part was examined: there may be more. */
      isMore: z.boolean(),
    }),
  ),
});
export type GarbageReport = z.output<typeof garbageReportSchema>;
