import { z } from 'zod';
import { sabotages, type Sabotage } from './sabotage.ts';

const schema = z.object({
  CHAOS_SOCKET: z.string(),
  CHAOS_SABOTAGE: z.enum(sabotages).optional(),
  CHAOS_STICKY_MS: z.coerce.number().optional(),
  CHAOS_CAPACITY_VCPU: z.coerce.number().optional(),
  ARTENIC_SIMULATED_CLOUD_URL: z.string(),
  ARTENIC_SIMULATED_CLOUD_KEY: z.string(),
});

/** Settings that the harness passes to the processes under test, besides their own options. */
export function harnessSettings(): {
  readonly socket: string;
  readonly sabotage: Sabotage | null;
  readonly cloud: { readonly url: string; readonly key: string };
  readonly stickyTimeoutMs: number | null;
  readonly capacityVcpu: number | null;
} {
  const read = schema.parse(process.env);
  return {
    socket: read.CHAOS_SOCKET,
    sabotage: read.CHAOS_SABOTAGE ?? null,
    cloud: { url: read.ARTENIC_SIMULATED_CLOUD_URL, key: read.ARTENIC_SIMULATED_CLOUD_KEY },
    stickyTimeoutMs: read.CHAOS_STICKY_MS ?? null,
    capacityVcpu: read.CHAOS_CAPACITY_VCPU ?? null,
  };
}
