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
  /** URL of a server that speaks EC2's API; the region's own endpoint if absent. */
  readonly endpoint?: string;
  /** If absent, AWS's credential chain applies (environment, profile, web identity, instance role). */
  readonly credentials?: AwsCredentials;
  /** Timeout of one request; 30 s by default. */
  readonly timeoutMs?: number;
  /** Instances on one page of a list, 5 to 1000. */
  readonly pageSize?: number;
};

type Opened = { readonly sdk: typeof Sdk; readonly client: Sdk.EC2Client };

const latestKiB = 64;
/** Maximum values of one filter (docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html). */
const mostFilterValues = 200;

/** Client of EC2 in one region. Each method sends one request, a list one per page. Retries nothing. */
export class Ec2 {
  readonly #region: string;
  readonly #options: Ec2Options;
  #opened: Promise<Opened> | null = null;

  constructor(region: string, options: Ec2Options) {
    this.#region = region;
    this.#options = options;
  }

  /** Loads the SDK on first use. */
  async #open(): Promise<Opened> {
    const sdk = await import('@aws-sdk/client-ec2');
    const { endpoint, credentials } = this.#options;
    const client = new sdk.EC2Client({
      region: this.#region,
      // the SDK would retry a capacity error (HTTP 500) and a lost answer (network error) by itself
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

  /** Returns if EC2 would run the instance; otherwise throws EC2's refusal. */
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

  /** Instances that EC2 knows. Uses a filter, because one unknown id in `InstanceIds` fails the whole request. */
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

  /** Idempotent, so a caller may simply repeat it. */
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

  /** Null if EC2 no longer has the request. */
  async spotRequest(requestId: string): Promise<Sdk.SpotInstanceRequest | null> {
    const Filters = [{ Name: 'spot-instance-request-id', Values: [requestId] }];
    const { SpotInstanceRequests } = await this.#ask('describe a spot request', ({ sdk, client }, abortSignal) =>
      client.send(new sdk.DescribeSpotInstanceRequestsCommand({ Filters }), { abortSignal }),
    );
    return SpotInstanceRequests?.[0] ?? null;
  }

  /** Current prices by zone, in USD micros per hour. */
  async spotPrices(types: readonly string[]): Promise<readonly SpotPrice[]> {
    const prices: SpotPrice[] = [];
    let NextToken: string | undefined;
    do {
      const input = {
        InstanceTypes: types as Sdk._InstanceType[],
        ProductDescriptions: ['Linux/UNIX'],
        // a start time of now returns the price in force, which may be days old
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
