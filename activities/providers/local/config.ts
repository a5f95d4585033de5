import { z } from 'zod';

export const localConfigSchema = z.object({
  /** Cores that jobs of the local provider may use; all of the machine's when absent. Lower it to keep some for yourself. */
  ARTENIC_LOCAL_VCPU: z.coerce.number().int().min(1).optional(),
});
