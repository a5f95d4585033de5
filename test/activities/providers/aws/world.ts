import {
  DescribeInstancesCommand,
  DescribeRegionsCommand,
  DescribeSpotPriceHistoryCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type Instance,
} from '@aws-sdk/client-ec2';
import { expect } from '@jest/globals';
import { createAwsProvider, type AwsProviderOptions } from '../../../../activities/providers/aws/provider.ts';
import { clientTokenOf, tokenTag } from '../../../../activities/providers/aws/tags.ts';
import type { InstanceHandle, LaunchRequest, Provider } from '../../../../activities/providers/provider.ts';
import type { CloudFault, CloudHarness, CloudOperation } from '../../../conformance/cloud-provider.ts';
import { launchRequest, secret } from '../../../conformance/launch-request.ts';
import type { ProviderHarness } from '../../../conformance/provider.ts';
import { startFaultProxy, startMoto, type FaultProxy, type Server } from '../../../support/aws-servers.ts';
import { startRetouchingProxy, type Retouch, type RetouchingProxy } from '../../../support/retouching-proxy.ts';

export const region = 'eu-west-1';
const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'test' };
const sha256 = 'ab'.repeat(32);

const operations: Readonly<Record<CloudOperation, object>> = {
  create: { operation: 'RunInstances' },
  describe: { operation: 'DescribeInstances', body: '"InstanceId.1"' },
  list: { operation: 'DescribeInstances', body: '"Filter.1.Name"' },
  terminate: { operation: 'TerminateInstances' },
  any: {},
};

/** Codes and statuses from EC2's documentation. */
const effects: Readonly<Partial<Record<CloudFault, object>>> = {
  stockout: { error: { code: 'InsufficientInstanceCapacity', status: 500 } },
  quota: { error: { code: 'VcpuLimitExceeded', status: 400 } },
  throttled: { error: { code: 'RequestLimitExceeded', status: 503 } },
  'expired-credential': { error: { code: 'RequestExpired', status: 400, message: 'Request has expired.' } },
  'server-error': { error: { code: 'InternalError', status: 500 } },
  'answer-lost': { response: { abort_bytes: 0 } },
  garbage: { response: { truncate_frac: 0.5 } },
  reset: { reset: true },
};

/**
 * moto behind two proxies: microburst for faults of network and AWS, the retouching proxy for features that moto lacks.
 */
export class AwsWorld {
  readonly moto: Server;
  readonly retouching: RetouchingProxy;
  readonly faults: FaultProxy;
  readonly #judge: EC2Client;
  #namespaces = 0;

  private constructor(moto: Server, retouching: RetouchingProxy, faults: FaultProxy) {
    this.moto = moto;
    this.retouching = retouching;
    this.faults = faults;
    this.#judge = new EC2Client({ region, credentials, endpoint: moto.url });
  }

  static async make(): Promise<AwsWorld> {
    const moto = await startMoto();
    const retouching = await startRetouchingProxy(moto.url);
    const world = new AwsWorld(moto, retouching, await startFaultProxy(retouching.url));
    await world.#warmUp();
    return world;
  }

  /** moto takes seconds to read its lists on the first request; the proxies are slower on their first request, too. */
  async #warmUp(): Promise<void> {
    const throughAll = new EC2Client({ region, credentials, endpoint: this.faults.url });
    await throughAll.send(new DescribeRegionsCommand({ RegionNames: [region] }));
    throughAll.destroy();
    const input = { ImageId: 'ami-12345678', MinCount: 1, MaxCount: 1, DryRun: true } as const;
    await expect(this.#judge.send(new RunInstancesCommand(input))).rejects.toThrow('DryRun flag is set');
    await this.#judge.send(new DescribeSpotPriceHistoryCommand({ InstanceTypes: ['m6i.large'] }));
  }

  newNamespace(): string {
    this.#namespaces += 1;
    return `test-${this.#namespaces}`;
  }

  open(options: Partial<AwsProviderOptions> & { readonly namespace: string }): Provider {
    const place = { imageId: 'ami-12345678', gpuImageId: 'ami-87654321', subnets: new Map(), securityGroupIds: [] };
    return createAwsProvider({
      regions: [{ region, ...place }],
      instances: { instanceProfile: null, rootDisk: null },
      onDemandPrices: {
        [region]: [
          { asOf: new Date().toISOString(), source: 'test', usdPerHour: { 'm6i.large': 0.107, 'g5.xlarge': 1.1 } },
        ],
      },
      programs: () => Promise.resolve({ runnerSha256: sha256, nodeSha256: null }),
      apiUrl: 'http://127.0.0.1:1',
      endpoint: this.faults.url,
      credentials,
      timeoutMs: 10_000,
      pageSize: 5,
      consistencyMs: 300,
      ...options,
    });
  }

  request(attemptId: string): LaunchRequest {
    const offer = { provider: 'aws', region, zone: `${region}a`, instanceType: 'm6i.large', spot: true };
    return launchRequest(attemptId, { ...offer, priceUsdMicrosPerHour: 40_000 });
  }

  /** moto's own list, requested without the proxies. */
  async made(namespace: string, attemptId: string): Promise<readonly Instance[]> {
    const Filters = [{ Name: `tag:${tokenTag}`, Values: [clientTokenOf(namespace, attemptId)] }];
    const { Reservations } = await this.#judge.send(new DescribeInstancesCommand({ Filters }));
    return (Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
  }

  /**
   * Instances as EC2 would count them: EC2 makes a single instance for all creates with the same token, moto makes an
   * instance for each create and reports its token.
   */
  async tokens(namespace: string, attemptId: string): Promise<number> {
    return new Set((await this.made(namespace, attemptId)).map(({ ClientToken }) => ClientToken)).size;
  }

  /** Client that talks to moto directly. */
  get judge(): EC2Client {
    return this.#judge;
  }

  /** Ends the instance in moto; the retouching proxy reports how. */
  async #end({ instanceId }: InstanceHandle, retouch: Retouch): Promise<void> {
    this.retouching.retouches.set(instanceId, retouch);
    await this.#judge.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
  }

  endByItself(handle: InstanceHandle): Promise<void> {
    return this.#end(handle, { stateReason: 'Client.InstanceInitiatedShutdown' });
  }

  async preempt(handle: InstanceHandle, how: 'warned' | 'at-once' | 'unrecorded'): Promise<void> {
    const now = new Date().toISOString();
    const transitionReason = `Service initiated (${now.slice(0, 19).replace('T', ' ')} GMT)`;
    const spotRequest = { code: 'instance-terminated-no-capacity', updatedAt: now };
    switch (how) {
      case 'warned':
        this.retouching.retouches.set(handle.instanceId, {
          spotRequest: { code: 'marked-for-termination', updatedAt: now },
        });
        setTimeout(() => {
          void this.#end(handle, { stateReason: null, transitionReason, spotRequest });
        }, 300);
        return;
      case 'at-once':
        await this.#end(handle, { stateReason: 'Server.SpotInstanceTermination', transitionReason });
        return;
      case 'unrecorded':
        await this.#end(handle, { stateReason: null, transitionReason: '' });
        return;
      default:
        how satisfies never;
    }
  }

  async fault(operation: CloudOperation, fault: CloudFault, count: number): Promise<void> {
    if (fault === 'made-twice') this.retouching.createsToDouble = count;
    else if (fault === 'unknown-state')
      this.retouching.unknownStates[operation === 'list' ? 'list' : 'describe'] = count;
    else await this.faults.setRules([{ service: 'ec2', ...operations[operation], times: count, ...effects[fault] }]);
  }

  async clear(): Promise<void> {
    this.retouching.createsToDouble = 0;
    Object.assign(this.retouching.unknownStates, { describe: 0, list: 0 });
    await this.faults.setRules([]);
  }

  cloudHarness(): CloudHarness {
    const namespace = this.newNamespace();
    return {
      provider: this.open({ namespace }),
      reopen: () => this.open({ namespace }),
      request: (attemptId) => this.request(attemptId),
      fault: (operation, fault, count) => this.fault(operation, fault, count),
      clear: () => this.clear(),
      preempt: (handle, how) => this.preempt(handle, how),
      billed: async (attemptId) => ({
        made: await this.tokens(namespace, attemptId),
        alive: (await this.made(namespace, attemptId)).filter(({ State }) => State?.Name !== 'terminated').length,
      }),
      retryAfterSeconds: 5,
      close: () => this.clear(),
    };
  }

  /**
   * The proxy keeps EC2's promise of one instance per client token. Then moto's list must hold one for each attempt.
   */
  providerHarness(): ProviderHarness {
    const namespace = this.newNamespace();
    this.retouching.honoursTokens = true;
    return {
      provider: this.open({ namespace }),
      reopen: () => this.open({ namespace }),
      request: (attemptId) => this.request(attemptId),
      secret,
      impossibleNeeds: { vcpu: 5000, memoryGib: 1, gpus: 0 },
      begun: async (attemptId) => (await this.made(namespace, attemptId)).length,
      endByItself: (handle) => this.endByItself(handle),
      breakState: ({ instanceId }) => {
        this.retouching.retouches.set(instanceId, { state: 'hibernating' });
        return Promise.resolve();
      },
      launchWithoutAnswer: async (request) => {
        const dying = await startRetouchingProxy(this.moto.url);
        dying.diesAfterCreate = true;
        try {
          await this.open({ namespace, endpoint: dying.url }).launch(request);
        } finally {
          await dying.close();
        }
      },
      close: () => {
        this.retouching.honoursTokens = false;
        return this.clear();
      },
    };
  }

  async close(): Promise<void> {
    this.#judge.destroy();
    await this.faults.stop();
    await this.retouching.close();
    await this.moto.stop();
  }
}
