import { z } from 'zod';

export const localConfigSchema = z.object({
  /** Cores that jobs of the local provider may use; if not set, all cores of the machine. */
  ARTENIC_LOCAL_VCPU: z.coerce.number().int().min(1).optional(),
});
