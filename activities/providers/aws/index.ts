import { defineProvider } from '../module.ts';
import { pairsOf } from '../pairs.ts';
import { capabilities, providerName } from './capabilities.ts';
import { awsConfigSchema, awsRegionsOf } from './config.ts';

/**
 * Rates per region. RunInstances regains 2 tokens a second
 * (docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html). The second number is the platform's own choice:
 * most describes share one request, and a throttled termination is retried.
 */
const launchesPerSecondAndRegion = 2;
const lifecyclePerSecondAndRegion = 100;

/** Amazon EC2. */
export const aws = defineProvider({
  name: providerName,
  configuredBy: 'Set ARTENIC_AWS_REGIONS and give the worker AWS credentials; docs/providers/aws.md says which rights.',
  documentation: 'docs/providers/aws.md',
  capabilities,
  watchIntervalMs: 15_000,
  // the machine may have to download Node
  helloWithinMs: 1_200_000,
  sharesMachineFiles: false,
  endCommand: ({ instanceId, region }) => `aws ec2 terminate-instances --region ${region} --instance-ids ${instanceId}`,
  configSchema: awsConfigSchema,
  isConfigured: (config) => awsRegionsOf(config).length > 0,
  rates: (config) => {
    const regions = awsRegionsOf(config).length;
    return {
      launchesPerSecond: regions * launchesPerSecondAndRegion,
      lifecyclePerSecond: regions * lifecyclePerSecondAndRegion,
    };
  },
  create: async (config, { namespace, apiUrl, programs }) => {
    const [{ createAwsProvider }, { readOnDemandPrices }] = await Promise.all([
      import('./provider.ts'),
      import('./prices.ts'),
    ]);
    const [disk] = pairsOf(config.ARTENIC_AWS_ROOT_DISK);
    return createAwsProvider({
      ...{ namespace, apiUrl, programs, regions: awsRegionsOf(config) },
      instances: {
        instanceProfile: config.ARTENIC_AWS_INSTANCE_PROFILE ?? null,
        rootDisk: disk === undefined ? null : { device: disk[0], gib: Number(disk[1]) },
      },
      onDemandPrices: readOnDemandPrices(config.ARTENIC_AWS_PRICES_FILE ?? null),
      ...(config.ARTENIC_AWS_ENDPOINT === undefined ? {} : { endpoint: config.ARTENIC_AWS_ENDPOINT }),
    });
  },
});
