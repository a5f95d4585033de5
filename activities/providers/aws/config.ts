import { z } from 'zod';
import { pairsOf, pairsOption, partsOf } from '../pairs.ts';
import type { AwsRegion } from './region.ts';

export const awsConfigSchema = z.object({
  /** Regions of Amazon EC2 to run instances in, separated by commas. Setting it enables the provider `aws`. Credentials are read by AWS's default chain (environment, profile, web identity, instance role). */
  ARTENIC_AWS_REGIONS: z
    .string()
    .regex(/^(?:\s*[a-z]{2}(?:-[a-z]+)+-\d+\s*(?:,|$))*$/, 'names of regions, separated by commas')
    .default(''),
  /** Image by region (`eu-west-1=ami-…`); if not set, Amazon Linux 2023. An image with Node 24 saves each instance a download of 120 MB. */
  ARTENIC_AWS_IMAGES: pairsOption,
  /** Image by region for types with GPUs; if not set, AWS's deep learning base image. */
  ARTENIC_AWS_GPU_IMAGES: pairsOption,
  /** Subnet by zone (`eu-west-1a=subnet-…`). Only these zones are then used; if not set, the default VPC. Instances there must reach ARTENIC_API_URL. */
  ARTENIC_AWS_SUBNETS: pairsOption,
  /** Security group by region (`eu-west-1=sg-…`), repeated for several; if not set, the default group of the VPC. No inbound rule is needed. */
  ARTENIC_AWS_SECURITY_GROUPS: pairsOption,
  /** Name of an instance profile. Jobs get all of its permissions. If not set: none; the platform itself needs no profile. */
  ARTENIC_AWS_INSTANCE_PROFILE: z.string().min(1).optional(),
  /** Root device of the images and its size in GiB (`/dev/xvda=100`); if not set, the size of the image. */
  ARTENIC_AWS_ROOT_DISK: z
    .string()
    .regex(/^(?:\/dev\/\w+=\d{1,5})?$/, 'a device and GiB, as `/dev/xvda=100`')
    .default(''),
  /** File with on-demand prices, made by `node scripts/aws-prices.ts`; if not set, a small dated table. */
  ARTENIC_AWS_PRICES_FILE: z.string().min(1).optional(),
  /** URL of a server with EC2's API in place of AWS; for tests. */
  ARTENIC_AWS_ENDPOINT: z.url().optional(),
});
export type AwsConfig = z.output<typeof awsConfigSchema>;

/**
 * AWS's newest images, which EC2 itself resolves
 * (docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-systems-manager-parameter-to-find-AMI.html).
 */
const usualImage = 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
const usualGpuImage =
  'resolve:ssm:/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id';

export function awsRegionsOf(config: AwsConfig): readonly AwsRegion[] {
  const images = new Map(pairsOf(config.ARTENIC_AWS_IMAGES));
  const gpuImages = new Map(pairsOf(config.ARTENIC_AWS_GPU_IMAGES));
  const subnets = pairsOf(config.ARTENIC_AWS_SUBNETS);
  const groups = pairsOf(config.ARTENIC_AWS_SECURITY_GROUPS);
  return partsOf(config.ARTENIC_AWS_REGIONS).map((region) => ({
    region,
    imageId: images.get(region) ?? usualImage,
    gpuImageId: gpuImages.get(region) ?? usualGpuImage,
    // a zone's name begins with its region, also for local zones
    subnets: new Map(subnets.filter(([zone]) => zone.startsWith(region))),
    securityGroupIds: groups.filter(([name]) => name === region).map(([, group]) => group),
  }));
}
