import { expect, test } from '@jest/globals';
import { aws } from '../../../../activities/providers/aws/index.ts';
import { awsConfigSchema, awsRegionsOf } from '../../../../activities/providers/aws/config.ts';

test('each region gets its own images, subnets and groups, or AWS’s', () => {
  const config = awsConfigSchema.parse({
    ARTENIC_AWS_REGIONS: 'eu-west-1, us-east-1',
    ARTENIC_AWS_IMAGES: 'eu-west-1=ami-1',
    ARTENIC_AWS_GPU_IMAGES: 'us-east-1=ami-2',
    ARTENIC_AWS_SUBNETS: 'eu-west-1a=subnet-a, eu-west-1b=subnet-b,us-east-1-bos-1a=subnet-c',
    ARTENIC_AWS_SECURITY_GROUPS: 'eu-west-1=sg-1,eu-west-1=sg-2',
  });
  expect(awsRegionsOf(config)).toEqual([
    {
      ...{ region: 'eu-west-1', imageId: 'ami-1', gpuImageId: expect.stringMatching(/^resolve:ssm:.*gpu/) },
      subnets: new Map([
        ['eu-west-1a', 'subnet-a'],
        ['eu-west-1b', 'subnet-b'],
      ]),
      securityGroupIds: ['sg-1', 'sg-2'],
    },
    {
      ...{ region: 'us-east-1', imageId: expect.stringMatching(/^resolve:ssm:.*al2023/), gpuImageId: 'ami-2' },
      ...{ subnets: new Map([['us-east-1-bos-1a', 'subnet-c']]), securityGroupIds: [] },
    },
  ]);
});

test('it is there with regions, and may launch as fast as all of them allow', () => {
  expect(aws.configure({})).toBeNull();
  expect(aws.configure({ ARTENIC_AWS_REGIONS: '' })).toBeNull();
  const launches = (regions: string) => aws.configure({ ARTENIC_AWS_REGIONS: regions })?.rates.launchesPerSecond;
  expect([launches('eu-west-1'), launches('eu-west-1,us-east-1')]).toEqual([2, 4]);
});

test.each([
  ['ARTENIC_AWS_REGIONS', 'Ireland'],
  ['ARTENIC_AWS_IMAGES', 'ami-1'],
  ['ARTENIC_AWS_SUBNETS', 'eu-west-1a=subnet-1=2'],
  ['ARTENIC_AWS_ROOT_DISK', '100'],
  ['ARTENIC_AWS_ENDPOINT', 'somewhere'],
])('%s is not %j', (name, value) => {
  expect(() => aws.configure({ [name]: value })).toThrow(name);
});
