import type * as Sdk from '@aws-sdk/client-ec2';
import { ArtenicError } from '../../../core/errors.ts';
import { errorOf } from './errors.ts';
import { refuseCutOffAnswers } from './whole-answers.ts';
import { endOf } from '../../time-limit.ts';
import { usdMicrosOf } from '../usd-micros.ts';

export type AwsCredentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

export type Ec2Options = {
  /** URL of a server that speaks EC2's API; each region's own when absent. */
  readonly endpoint?: string;
  /** Absent: AWS's own chain (environment, profile, web identity, instance role). */
  readonly credentials?: AwsCredentials;
  /** How long one request may take; 30 s by default. */
  readonly timeoutMs?: number;
  /** Instances on one page of a list, 5 to 1000. */
  readonly pageSize?: number;
};

type Opened = { readonly sdk: typeof Sdk; readonly client: Sdk.EC2Client };

const latestKiB = 64;
/** Of one filter (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html). */
const mostFilterValues = 200;

/** EC2 in one region: one method for one request (a list: for all its pages). Retries nothing. */
export class Ec2 {
  readonly #region: string;
  readonly #options: Ec2Options;
  #opened: Promise<Opened> | null = null;

  constructor(region: string, options: Ec2Options) {
    this.#region = region;
    this.#options = options;
  }

  /** The SDK is loaded when it is needed for the first time. */
  async #open(): Promise<Opened> {
    const sdk = await import('@aws-sdk/client-ec2');
    const { endpoint, credentials } = this.#options;
    const client = new sdk.EC2Client({
      region: this.#region,
      // a capacity error is an HTTP 500, and a lost answer a network error: the SDK would try both again by itself
      maxAttempts: 1,
      requestHandler: { connectionTimeout: 5000 },
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
    });
    refuseCutOffAnswers(client);
    return { sdk, client };
  }

  async #ask<Answer>(
    what: string,
    send: (opened: Opened, abortSignal: AbortSignal) => Promise<Answer>,
    mayHaveActed = false,
  ): Promise<Answer> {
    this.#opened ??= this.#open();
    const opened = await this.#opened;
    try {
      return await send(opened, endOf(AbortSignal.timeout(this.#options.timeoutMs ?? 30_000)));
    } catch (error) {
      throw errorOf(error, `${what} in ${this.#region}`, mayHaveActed);
    }
  }

  async run(input: Sdk.RunInstancesCommandInput): Promise<Sdk.Instance> {
    const { Instances } = await this.#ask(
      'run an instance',
      ({ sdk, client }, abortSignal) => client.send(new sdk.RunInstancesCommand(input), { abortSignal }),
      true,
    );
    const [made] = Instances ?? [];
    if (made?.InstanceId !== undefined) return made;
    throw new ArtenicError('unknown-outcome', `EC2's answer to a create in ${this.#region} names no instance.`);
  }

  /** Returns when EC2 would run it; throws its refusal otherwise. */
  async tryToRun(input: Sdk.RunInstancesCommandInput): Promise<void> {
    await this.#ask('run an instance', async ({ sdk, client }, abortSignal) => {
      try {
        await client.send(new sdk.RunInstancesCommand({ ...input, DryRun: true }), { abortSignal });
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'DryRunOperation') throw error;
      }
    });
  }

  /** Throws `not-found`. */
  async describe(instanceId: string): Promise<Sdk.Instance> {
    const { Reservations } = await this.#ask('describe an instance', ({ sdk, client }, abortSignal) =>
      client.send(new sdk.DescribeInstancesCommand({ InstanceIds: [instanceId] }), { abortSignal }),
    );
    const [found] = (Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
    if (found !== undefined) return found;
    throw new ArtenicError('not-found', `EC2 knows no instance ${instanceId} in ${this.#region}.`);
  }

  list(tags: Readonly<Record<string, string>>): Promise<readonly Sdk.Instance[]> {
    return this.#listBy(Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] })));
  }

  /** Those that EC2 knows; by a filter, as one id that it does not know would refuse the whole request. */
  async describeMany(instanceIds: readonly string[]): Promise<readonly Sdk.Instance[]> {
    const found: Sdk.Instance[] = [];
    for (let first = 0; first < instanceIds.length; first += mostFilterValues) {
      const Values = instanceIds.slice(first, first + mostFilterValues);
      found.push(...(await this.#listBy([{ Name: 'instance-id', Values }])));
    }
    return found;
  }

  async #listBy(Filters: Sdk.Filter[]): Promise<readonly Sdk.Instance[]> {
    const MaxResults = this.#options.pageSize ?? 1000;
    const found: Sdk.Instance[] = [];
    let NextToken: string | undefined;
    do {
      const input = { Filters, MaxResults, ...(NextToken === undefined ? {} : { NextToken }) };
      const page = await this.#ask('list the instances', ({ sdk, client }, abortSignal) =>
        client.send(new sdk.DescribeInstancesCommand(input), { abortSignal }),
      );
      found.push(...(page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []));
      NextToken = page.NextToken === '' ? undefined : page.NextToken;
    } while (NextToken !== undefined);
    return found;
  }

  /** Asked twice it does no more than once, so that it is simply asked again. */
  async terminate(instanceId: string): Promise<void> {
    await this.#ask('terminate an instance', ({ sdk, client }, abortSignal) =>
      client.send(new sdk.TerminateInstancesCommand({ InstanceIds: [instanceId] }), { abortSignal }),
    );
  }

  /** At most the last 64 KiB. */
  async console(instanceId: string): Promise<string> {
    const { Output } = await this.#ask('show a console', ({ sdk, client }, abortSignal) =>
      client.send(new sdk.GetConsoleOutputCommand({ InstanceId: instanceId, Latest: true }), { abortSignal }),
    );
    return Buffer.from(Output ?? '', 'base64')
      .subarray(-latestKiB * 1024)
      .toString('utf8');
  }

  /** Null when EC2 does not have it any more. */
  async spotRequest(requestId: string): Promise<Sdk.SpotInstanceRequest | null> {
    const Filters = [{ Name: 'spot-instance-request-id', Values: [requestId] }];
    const { SpotInstanceRequests } = await this.#ask('describe a spot request', ({ sdk, client }, abortSignal) =>
      client.send(new sdk.DescribeSpotInstanceRequestsCommand({ Filters }), { abortSignal }),
    );
    return SpotInstanceRequests?.[0] ?? null;
  }

  /** Present prices by zone, in USD micros an hour. */
  async spotPrices(types: readonly string[]): Promise<readonly SpotPrice[]> {
    const prices: SpotPrice[] = [];
    let NextToken: string | undefined;
    do {
      const input = {
        InstanceTypes: types as Sdk._InstanceType[],
        ProductDescriptions: ['Linux/UNIX'],
        // from now on: the price in force, which may be days old
        StartTime: new Date(),
        ...(NextToken === undefined ? {} : { NextToken }),
      };
      const page = await this.#ask('read spot prices', ({ sdk, client }, abortSignal) =>
        client.send(new sdk.DescribeSpotPriceHistoryCommand(input), { abortSignal }),
      );
      for (const { InstanceType, AvailabilityZone, SpotPrice } of page.SpotPriceHistory ?? []) {
        const priceUsdMicrosPerHour = usdMicrosOf(SpotPrice ?? '');
        if (InstanceType === undefined || AvailabilityZone === undefined || priceUsdMicrosPerHour === null) continue;
        prices.push({ instanceType: InstanceType, zone: AvailabilityZone, priceUsdMicrosPerHour });
      }
      NextToken = page.NextToken === '' ? undefined : page.NextToken;
    } while (NextToken !== undefined);
    return prices;
  }

  async region(): Promise<void> {
    await this.#ask('describe the region', ({ sdk, client }, abortSignal) =>
      client.send(new sdk.DescribeRegionsCommand({ RegionNames: [this.#region] }), { abortSignal }),
    );
  }
}

export type SpotPrice = {
  readonly instanceType: string;
  readonly zone: string;
  readonly priceUsdMicrosPerHour: number;
};
