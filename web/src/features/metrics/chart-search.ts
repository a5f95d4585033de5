import { z } from 'zod';
import { xKinds } from '../../charts/metric-runs.ts';

/** The part of a page's address that says how its charts are drawn. */
export const chartSearch = {
  x: z.enum(xKinds).optional().catch(undefined),
  log: z.boolean().optional().catch(undefined),
  smooth: z.number().min(0).max(1).optional().catch(undefined),
  /** `ignore`: the vertical axes leave outliers out. */
  outliers: z.literal('ignore').optional().catch(undefined),
  /** The shown part of all charts, in the units of `x`. */
  range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => high > low)
    .optional()
    .catch(undefined),
};
const searchSchema = z.object(chartSearch);
export type ChartSearch = z.output<typeof searchSchema>;
