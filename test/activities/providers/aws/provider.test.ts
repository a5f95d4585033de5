import {
  DescribeInstanceAttributeCommand,
  DescribeVolumesCommand,
  type DescribeInstanceAttributeCommandInput,
} from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { AwsRegion } from '../../../../activities/providers/aws/region.ts';
import { clientTokenOf } from '../../../../activities/providers/aws/tags.ts';
import type { LaunchRequest, Provider } from '../../../../activities/providers/provider.ts';
import { SharedLooks } from '../../../../activities/providers/shared-looks.ts';
import { describeCloudConformance } from '../../../conformance/cloud-provider.ts';
import { describeProviderConformance } from '../../../conformance/provider.ts';
import { awsServersTimeoutMs } from '../../../support/aws-servers.ts';
import { poll } from '../../../support/poll.ts';
import { launchPatiently, secret } from '../../../conformance/launch-request.ts';
import { AwsWorld, region } from './world.ts';

let world: AwsWorld;
beforeAll(async () => {
  world = await AwsWorld.make();
}, awsServersTimeoutMs);
afterAll(() => world.close());

describeProviderConformance('aws', () => Promise.resolve(world.providerHarness()));
describeCloudConformance('aws', () => Promise.resolve(world.cloudHarness()));

test('the faults really happened, as the proxy that made them says', async () => {
  const fired = await world.faults.fired();
  const count = (operation: string, action: string) =>
    fired.filter((one) => one.operation === operation && one.action === action).length;
  expect(count('RunInstances', 'response:abort')).toBe(2);
  expect(count('RunInstances', 'response:truncate')).toBe(1);
  expect(count('RunInstances', 'reset')).toBe(1);
  expect(count('RunInstances', 'error:InsufficientInstanceCapacity')).toBe(1);
  expect(count('RunInstances', 'error:VcpuLimitExceeded')).toBe(1);
  expect(count('RunInstances', 'error:RequestLimitExceeded')).toBe(1);
  expect(count('TerminateInstances', 'response:abort')).toBe(2);
});

describe('aws', () => {
  let namespace: string;
  let provider: Provider;
  beforeAll(() => {
    namespace = world.newNamespace();
    provider = world.open({ namespace });
  });
  afterEach(() => world.clear());

  const onDemand = (request: LaunchRequest): LaunchRequest => ({
    ...request,
    offer: { ...request.offer, spot: false },
  });
  const end = async (handle: Awaited<ReturnType<Provider['launch']>>): Promise<void> => {
    await provider.terminate(handle);
    await poll('its end', 10_000, async () => ((await provider.describe(handle)).state === 'gone' ? true : null));
  };
  const place = (changes: Partial<AwsRegion> = {}): AwsRegion => ({
    ...{ region, imageId: 'ami-12345678', gpuImageId: 'ami-87654321', subnets: new Map(), securityGroupIds: [] },
    ...changes,
  });

  test('asks for what ends for good, is marked, and can be paid', async () => {
    const id = 'asked/attempt-1';
    const handle = await provider.launch(world.request(id));
    const [instance] = await world.made(namespace, id);
    expect(instance).toMatchObject({
      ...{ InstanceLifecycle: 'spot', InstanceType: 'm6i.large', ImageId: 'ami-12345678' },
      ...{ ClientToken: clientTokenOf(namespace, id), Placement: { AvailabilityZone: `${region}a` } },
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
    });
    const tags = [
      { Key: 'Name', Value: `${namespace}-asked/attempt-1` },
      { Key: 'artenic-attempt', Value: id },
      { Key: 'artenic-namespace', Value: namespace },
    ];
    expect(instance?.Tags).toEqual(expect.arrayContaining(tags));
    const Filters = [{ Name: 'attachment.instance-id', Values: [handle.instanceId] }];
    const { Volumes } = await world.judge.send(new DescribeVolumesCommand({ Filters }));
    expect(Volumes).toHaveLength(1);
    expect(Volumes?.[0]?.Tags).toEqual(expect.arrayContaining(tags));
    const attribute = async (Attribute: DescribeInstanceAttributeCommandInput['Attribute']) =>
      world.judge.send(new DescribeInstanceAttributeCommand({ InstanceId: handle.instanceId, Attribute }));
    const shutdown = await attribute('instanceInitiatedShutdownBehavior');
    expect(shutdown.InstanceInitiatedShutdownBehavior?.Value).toBe('terminate');
    const userData = Buffer.from((await attribute('userData')).UserData?.Value ?? '', 'base64').toString();
    expect(userData).toMatch(/^#!\/bin\/sh\n/);
    expect(userData).toContain(secret);
    await end(handle);
  });

  test('runs on-demand where spot is sold out, when it is asked to', async () => {
    await world.faults.setRules([
      {
        ...{ service: 'ec2', operation: 'RunInstances', body: '"InstanceMarketOptions.MarketType" == \'spot\'' },
        error: { code: 'InsufficientInstanceCapacity', status: 500 },
      },
    ]);
    const request = world.request('market/attempt-1');
    await expect(provider.launch(request)).rejects.toMatchObject({ type: 'stockout' });
    const handle = await provider.launch(onDemand(request));
    expect((await world.made(namespace, 'market/attempt-1'))[0]).not.toHaveProperty('InstanceLifecycle', 'spot');
    await end(handle);
  });

  test('takes no answer for an unknown outcome, and the next try makes it', async () => {
    const id = 'hang/attempt-1';
    await world.faults.setRules([{ service: 'ec2', operation: 'RunInstances', times: 1, timeout_ms: 3000 }]);
    const impatient = world.open({ namespace, timeoutMs: 1000 });
    await expect(impatient.launch(world.request(id))).rejects.toMatchObject({ type: 'unknown-outcome' });
    const handle = await launchPatiently(provider, { ...world.request(id), mayExist: true });
    expect(await world.made(namespace, id)).toHaveLength(1);
    await end(handle);
  });

  test('takes over what was made with the same token and other words', async () => {
    const id = 'mismatch/attempt-1';
    const mismatch = { error: { code: 'IdempotentParameterMismatch', status: 400 } };
    const rule = { service: 'ec2', operation: 'RunInstances', ...mismatch };
    await world.faults.setRules([rule]);
    await expect(launchPatiently(provider, world.request(id))).rejects.toMatchObject({ type: 'conflict' });
    await world.clear();
    const made = await launchPatiently(provider, world.request(id));
    // The list does not show the instance until the create has been refused.
    await world.faults.setRules([
      { ...rule, times: 1 },
      { service: 'ec2', operation: 'DescribeInstances', times: 1, error: { code: 'InternalError', status: 500 } },
    ]);
    await expect(provider.launch(world.request(id))).rejects.toMatchObject({ type: 'transient' });
    expect(await launchPatiently(provider, { ...world.request(id), mayExist: true })).toEqual(made);
    await end(made);
  });

  test('a look at 500 machines is three requests, and looks that follow it share them', async () => {
    const id = 'crowd/attempt-1';
    const handle = await provider.launch(world.request(id));
    const unknown = Array.from({ length: 499 }, (_, index) => ({
      ...{ ...handle, instanceId: `i-${index.toString(16).padStart(17, '0')}` },
    }));
    const { describeMany } = world.open({ namespace, pageSize: 1000 });
    if (describeMany === undefined) throw new Error('it has no look at many');
    world.retouching.requests.length = 0;
    const looks = new SharedLooks(describeMany, 3_600_000);
    const all = [...unknown, handle];
    const seen = await Promise.all(all.map((one) => looks.look(one)));
    // An id unknown to EC2 must not hide the others.
    expect(seen.filter((one) => one !== null).map((one) => one.handle)).toEqual([handle]);
    await Promise.all(all.map((one) => looks.look(one)));
    expect(world.retouching.requests).toEqual(['DescribeInstances', 'DescribeInstances', 'DescribeInstances']);
    const strangers = [
      { ...handle, attemptId: 'of-nobody/attempt-1' },
      { ...handle, region: 'us-east-1' },
    ];
    expect((await describeMany(strangers)).size).toBe(0);
    await end(handle);
  });

  test('does not believe that what it has just made is not there', async () => {
    const fresh = world.open({ namespace, consistencyMs: 1500 });
    const handle = await fresh.launch(world.request('fresh/attempt-1'));
    const hidden = { code: 'InvalidInstanceID.NotFound', status: 400 };
    await world.faults.setRules([{ service: 'ec2', error: hidden }]);
    await expect(fresh.describe(handle)).rejects.toMatchObject({ type: 'transient' });
    await expect(fresh.terminate(handle)).rejects.toMatchObject({ type: 'transient' });
    await poll('the end of the doubt', 5000, async () => {
      try {
        await fresh.describe(handle);
      } catch (error) {
        return (error as { type?: string }).type === 'not-found' ? true : null;
      }
      return null;
    });
    await expect(fresh.terminate(handle)).resolves.toBeUndefined();
    await world.clear();
    await end(handle);
  });

  test('offers spot by zone at the price in force, and on-demand from a table with its day', async () => {
    const asOf = '2026-08-01T00:00:00.000Z';
    const onDemandPrices = {
      [region]: [{ asOf, source: 'test', usdPerHour: { 'm6i.large': 0.107, 'g5.xlarge': 1.123 } }],
    };
    const query = { needs: { vcpu: 1, memoryGib: 6, gpus: 0 }, gpuType: null, regions: [], spot: null };
    const some = world.open({ namespace, onDemandPrices });
    const offers = await some.offers(query);
    const spot = offers.filter((offer) => offer.spot && offer.instanceType === 'm6i.large');
    expect(new Set(spot.map(({ zone }) => zone))).toEqual(
      new Set(['a', 'b', 'c'].map((letter) => `${region}${letter}`)),
    );
    expect(spot.every(({ priceUsdMicrosPerHour }) => priceUsdMicrosPerHour === 10)).toBe(true);
    expect(offers.filter((offer) => !offer.spot)).toEqual([
      {
        ...{ provider: 'aws', region, instanceType: 'm6i.large', spot: false, priceUsdMicrosPerHour: 107_000 },
        billing: { pricedAt: asOf, minimumSeconds: 60, granularitySeconds: 1 },
      },
      expect.objectContaining({ instanceType: 'g5.xlarge', priceUsdMicrosPerHour: 1_123_000 }),
    ]);
    const withGpu = await some.offers({ ...query, needs: { ...query.needs, gpus: 1 }, gpuType: 'A10G', spot: false });
    expect(withGpu.map(({ instanceType }) => instanceType)).toEqual(['g5.xlarge']);
    expect(await some.offers({ ...query, regions: ['us-east-1'] })).toEqual([]);
    const subnets = new Map([[`${region}b`, 'subnet-1']]);
    const narrow = await world.open({ namespace, onDemandPrices, regions: [place({ subnets })] }).offers(query);
    expect(new Set(narrow.map(({ zone }) => zone))).toEqual(new Set([`${region}b`]));
  });

  test('leaves the instances of another installation alone', async () => {
    const theirs = world.open({ namespace: world.newNamespace() });
    const handle = await theirs.launch(world.request('shared/attempt-1'));
    expect((await provider.list()).map((one) => one.handle.instanceId)).not.toContain(handle.instanceId);
    await expect(provider.describe(handle)).rejects.toMatchObject({ type: 'not-found' });
    await theirs.terminate(handle);
  });

  test('lists every region, or says that it cannot', async () => {
    const second = 'us-east-1';
    const both = world.open({ namespace, regions: [place(), place({ region: second })] });
    const requests = [region, second].map((name) => {
      const request = onDemand(world.request(`${name}/attempt-1`));
      const { zone: _, ...offer } = request.offer;
      return { ...request, offer: { ...offer, region: name } };
    });
    const handles = await Promise.all(requests.map((request) => both.launch(request)));
    expect(new Set((await both.list()).map(({ handle }) => handle.region))).toEqual(new Set([region, second]));
    await world.faults.setRules([{ service: 'ec2', region: second, error: { code: 'Unavailable', status: 503 } }]);
    await expect(both.list()).rejects.toMatchObject({ type: 'transient' });
    await world.clear();
    await Promise.all(handles.map((handle) => both.terminate(handle)));
    await expect(provider.launch(world.request('elsewhere/attempt-1'))).resolves.toMatchObject({ region });
  });

  test.each([
    ['AuthFailure', 401, 'credentials'],
    ['UnauthorizedOperation', 403, 'credentials'],
    ['Unavailable', 503, 'unreachable'],
  ])('says why it cannot be used: %s', async (code, status, problem) => {
    await world.faults.setRules([{ service: 'ec2', operation: 'RunInstances', error: { code, status } }]);
    const check = await provider.check();
    expect(check).toMatchObject({ usable: false, problem, message: expect.stringContaining(`${region}: `) });
    expect(check.message).toContain(code);
  });

  test('says that instances could not reach the API', async () => {
    const { endpoint: _, ...away } = { endpoint: undefined, namespace };
    const check = await world.open({ ...away, endpoint: 'http://ec2.test' }).check();
    expect(check).toMatchObject({ usable: false, message: expect.stringContaining('ARTENIC_API_URL') });
  });
});
