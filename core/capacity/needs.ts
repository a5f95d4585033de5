import type { JobSpec } from '@artenic/core';
import type { Capacity } from './types.ts';

/** The share of its machine that a job takes. Memory counts only if the job asks for it. */
export function needsOf({ resources }: Pick<JobSpec, 'resources'>): Capacity {
  return {
    vcpu: resources.vcpu,
    memoryGib: resources.memoryGib ?? 0,
    gpus: resources.accelerators?.count ?? 0,
  };
}
