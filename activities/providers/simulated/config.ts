import { z } from 'zod';

export const simulatedConfigSchema = z.object({
  /** URL of a simulated cloud (`npm run cloud:simulated`). Together with the key it enables the provider `simulated`. */
  ARTENIC_SIMULATED_CLOUD_URL: z.url().optional(),
  /** API key of the simulated cloud. */
  ARTENIC_SIMULATED_CLOUD_KEY: z.string().min(1).optional(),
});
