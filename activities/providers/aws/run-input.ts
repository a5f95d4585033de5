import type * as Sdk from '@aws-sdk/client-ec2';
import { bootScriptOf } from '../boot/boot-script.ts';
import type { LaunchRequest } from '../provider.ts';
import { providerName } from './capabilities.ts';
import { instanceTypeOf } from './instance-types.ts';
import type { AwsRegion } from './region.ts';
import type { RunnerPrograms } from '../boot/runner-programs.ts';
import { launchTokenOf, namespaceTag, tagsOf } from './tags.ts';

/** Settings that all instances share. */
export type InstanceSettings = {
  /** Name of an instance profile; jobs can use its rights. */
  readonly instanceProfile: string | null;
  /** The image's root device and its size; if null, the image's own size. */
  readonly rootDisk: { readonly device: string; readonly gib: number } | null;
};

type Parts = { readonly namespace: string; readonly settings: AwsRegion; readonly instances: InstanceSettings };
type LaunchParts = Parts & { readonly request: LaunchRequest; readonly programs: RunnerPrograms };

type RunInput = Partial<Sdk.RunInstancesCommandInput>;

/** EC2's limit for user data before base64 encoding. */
const maxUserDataBytes = 16_384;
/** Metadata service at a link-local address, available on every EC2 instance. */
const notices = { protocol: providerName, url: 'http://169.254.169.254' } as const;

const types: readonly Sdk.ResourceType[] = ['instance', 'volume'];

/** Input for one instance that is terminated when it powers off. Without a launch request, the input of a dry run. */
export function runInputOf(parts: Parts | LaunchParts): Sdk.RunInstancesCommandInput {
  const { settings, instances } = parts;
  const { instanceProfile, rootDisk } = instances;
  return {
    MinCount: 1,
    MaxCount: 1,
    InstanceInitiatedShutdownBehavior: 'terminate',
    // IMDSv2 only; the hop limit excludes containers on the instance
    MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 1 },
    ...(settings.securityGroupIds.length === 0 ? {} : { SecurityGroupIds: [...settings.securityGroupIds] }),
    ...(instanceProfile === null ? {} : { IamInstanceProfile: { Name: instanceProfile } }),
    ...(rootDisk === null
      ? {}
      : {
          BlockDeviceMappings: [
            {
              DeviceName: rootDisk.device,
              Ebs: { VolumeSize: rootDisk.gib, VolumeType: 'gp3', Encrypted: true, DeleteOnTermination: true },
            },
          ],
        }),
    ...('request' in parts ? launchInputOf(parts) : dryInputOf(parts)),
  };
}

function launchInputOf({ namespace, settings, request, programs }: LaunchParts): RunInput {
  const { attemptId, launch, offer, bootstrap, powerOffAfterSeconds } = request;
  const Tags = tagsOf(namespace, attemptId);
  const hasGpu = (instanceTypeOf(offer.instanceType)?.gpus ?? 0) > 0;
  return {
    ClientToken: launchTokenOf(namespace, attemptId, launch),
    ImageId: hasGpu ? settings.gpuImageId : settings.imageId,
    InstanceType: offer.instanceType as Sdk._InstanceType,
    ...placementOf(settings, offer.zone),
    ...(offer.spot
      ? {
          InstanceMarketOptions: {
            MarketType: 'spot',
            // a persistent request would launch a new instance by itself
            SpotOptions: { SpotInstanceType: 'one-time', InstanceInterruptionBehavior: 'terminate' },
          },
        }
      : {}),
    TagSpecifications: types.map((ResourceType) => ({ ResourceType, Tags })),
    UserData: Buffer.from(
      bootScriptOf({ bootstrap, programs, powerOffAfterSeconds, notices, maxBytes: maxUserDataBytes }),
    ).toString('base64'),
  };
}

function dryInputOf({ namespace, settings }: Parts): RunInput {
  const Tags = [{ Key: namespaceTag, Value: namespace }];
  return {
    ImageId: settings.imageId,
    InstanceType: 'm6i.large',
    ...placementOf(settings, [...settings.subnets.keys()][0]),
    TagSpecifications: types.map((ResourceType) => ({ ResourceType, Tags })),
  };
}

function placementOf(
  { subnets }: AwsRegion,
  zone: string | undefined,
): Pick<Sdk.RunInstancesCommandInput, 'SubnetId' | 'Placement'> {
  const subnet = zone === undefined ? [...subnets.values()][0] : subnets.get(zone);
  if (subnet !== undefined) return { SubnetId: subnet };
  return zone === undefined ? {} : { Placement: { AvailabilityZone: zone } };
}
