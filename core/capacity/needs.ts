import type { JobSpec } from '@artenic/core';
import type { Capacity } from './types.ts';

/** What a job takes from the machine it runs on. Memory that it does not ask for is not counted. */
export function needsOf({ resources }: Pick<JobSpec, 'resources'>): Capacity {
  return {
    vcpu: resources.vcpu,
    memoryGib: resources.memoryGib ?? 0,
    gpus: resources.accelerators?.count ?? 0,
  };
}
