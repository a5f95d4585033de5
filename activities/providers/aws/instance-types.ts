import type { Capacity } from '../../../core/capacity/types.ts';

export type InstanceType = Capacity & { readonly gpuType: string | null };

const cpu = (vcpu: number, memoryGib: number): InstanceType => ({ vcpu, memoryGib, gpus: 0, gpuType: null });
const gpu = (gpuType: string, gpus: number, vcpu: number, memoryGib: number): InstanceType => ({
  ...{ vcpu, memoryGib, gpus },
  gpuType,
});

/**
 * EC2 types that the platform uses: x86-64 on Nitro, whose console is readable while they run. The numbers come from
 * DescribeInstanceTypes (DefaultVCpus, SizeInMiB, GpuInfo), as contained in moto 5.2.5.
 */
export const instanceTypes: Readonly<Record<string, InstanceType>> = {
  'c6i.large': cpu(2, 4),
  'c6i.xlarge': cpu(4, 8),
  'c6i.2xlarge': cpu(8, 16),
  'c6i.4xlarge': cpu(16, 32),
  'c6i.8xlarge': cpu(32, 64),
  'm6i.large': cpu(2, 8),
  'm6i.xlarge': cpu(4, 16),
  'm6i.2xlarge': cpu(8, 32),
  'm6i.4xlarge': cpu(16, 64),
  'm6i.8xlarge': cpu(32, 128),
  'r6i.large': cpu(2, 16),
  'r6i.xlarge': cpu(4, 32),
  'r6i.2xlarge': cpu(8, 64),
  'r6i.4xlarge': cpu(16, 128),
  'g4dn.xlarge': gpu('T4', 1, 4, 16),
  'g4dn.2xlarge': gpu('T4', 1, 8, 32),
  'g4dn.4xlarge': gpu('T4', 1, 16, 64),
  'g4dn.12xlarge': gpu('T4', 4, 48, 192),
  'g5.xlarge': gpu('A10G', 1, 4, 16),
  'g5.2xlarge': gpu('A10G', 1, 8, 32),
  'g5.4xlarge': gpu('A10G', 1, 16, 64),
  'g5.12xlarge': gpu('A10G', 4, 48, 192),
  'g5.48xlarge': gpu('A10G', 8, 192, 768),
  'g6.xlarge': gpu('L4', 1, 4, 16),
  'g6.2xlarge': gpu('L4', 1, 8, 32),
  'g6.4xlarge': gpu('L4', 1, 16, 64),
  'g6.12xlarge': gpu('L4', 4, 48, 192),
  'g6e.xlarge': gpu('L40S', 1, 4, 32),
  'g6e.2xlarge': gpu('L40S', 1, 8, 64),
  'g6e.4xlarge': gpu('L40S', 1, 16, 128),
  'g6e.8xlarge': gpu('L40S', 1, 32, 256),
  'g6e.12xlarge': gpu('L40S', 4, 48, 384),
  'p4d.24xlarge': gpu('A100-40GB', 8, 96, 1152),
  'p4de.24xlarge': gpu('A100-80GB', 8, 96, 1152),
  'p5.48xlarge': gpu('H100-80GB', 8, 192, 2048),
};

export function instanceTypeOf(name: string): InstanceType | null {
  return Object.hasOwn(instanceTypes, name) ? (instanceTypes[name] ?? null) : null;
}
