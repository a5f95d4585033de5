import { resolve } from 'node:path';
import { createAwsProvider } from '../activities/providers/aws/provider.ts';
import { readOnDemandPrices } from '../activities/providers/aws/prices.ts';
import type { AwsRegion } from '../activities/providers/aws/region.ts';
import type { Provider } from '../activities/providers/provider.ts';
import type { ObjectStorage } from '../core/object-storage.ts';
import { apiUrlOf, listOf, type Config } from './config.ts';
import { lazyRunnerPrograms } from './runner-programs.ts';

/** Newest images of AWS's own, which EC2 looks up itself (docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-systems-manager-parameter-to-find-AMI.html). */
const usualImage = 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
const usualGpuImage =
  'resolve:ssm:/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id';

/** Pairs `name=value`, separated by commas. */
function pairsOf(text: string): readonly (readonly [string, string])[] {
  return listOf(text).map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const;
  });
}

export function awsRegionsOf(config: Config): readonly AwsRegion[] {
  const images = new Map(pairsOf(config.ARTENIC_AWS_IMAGES));
  const gpuImages = new Map(pairsOf(config.ARTENIC_AWS_GPU_IMAGES));
  const subnets = pairsOf(config.ARTENIC_AWS_SUBNETS);
  const groups = pairsOf(config.ARTENIC_AWS_SECURITY_GROUPS);
  return listOf(config.ARTENIC_AWS_REGIONS).map((region) => ({
    region,
    imageId: images.get(region) ?? usualImage,
    gpuImageId: gpuImages.get(region) ?? usualGpuImage,
    // a zone is its region and a letter; a local zone's name begins with its region, too
    subnets: new Map(subnets.filter(([zone]) => zone.startsWith(region))),
    securityGroupIds: groups.filter(([name]) => name === region).map(([, group]) => group),
  }));
}

/** Null without regions. */
export function awsProviderOf(config: Config, storage: ObjectStorage): Provider | null {
  const regions = awsRegionsOf(config);
  if (regions.length === 0) return null;
  const [disk] = pairsOf(config.ARTENIC_AWS_ROOT_DISK);
  return createAwsProvider({
    namespace: config.ARTENIC_CLOUD_NAMESPACE,
    regions,
    instances: {
      instanceProfile: config.ARTENIC_AWS_INSTANCE_PROFILE ?? null,
      rootDisk: disk === undefined ? null : { device: disk[0], gib: Number(disk[1]) },
    },
    onDemandPrices: readOnDemandPrices(config.ARTENIC_AWS_PRICES_FILE ?? null),
    programs: lazyRunnerPrograms({
      ...{ storage, home: resolve(config.ARTENIC_HOME), bundle: config.ARTENIC_RUNNER_BUNDLE ?? null },
    }),
    apiUrl: apiUrlOf(config),
    ...(config.ARTENIC_AWS_ENDPOINT === undefined ? {} : { endpoint: config.ARTENIC_AWS_ENDPOINT }),
  });
}
