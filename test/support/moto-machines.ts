import {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  EC2Client,
  TerminateInstancesCommand,
  type Instance,
} from '@aws-sdk/client-ec2';
import { startMoto, type Server } from './aws-servers.ts';
import { startMetadataWarner, type MetadataWarner } from './metadata-warner.ts';
import { startRetouchingProxy, type RetouchingProxy } from './retouching-proxy.ts';
import { SandboxedMachine } from './sandboxed-machine.ts';

const region = 'us-east-1';
const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'test' };
const lookEveryMs = 200;

type Machine = { readonly sandbox: SandboxedMachine; readonly warner: MetadataWarner };

/**
 * Machines for moto's instances, which are only records. An instance's user data runs in a folder; moto's instance ends
 * when the machine switches itself off, and the machine ends when moto terminates the instance.
 */
export class MotoMachines {
  readonly #moto: Server;
  readonly #proxy: RetouchingProxy;
  readonly #ec2: EC2Client;
  readonly #machines = new Map<string, Machine>();
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> = Promise.resolve();
  /** Instance ends in progress. */
  readonly #ends: Promise<void>[] = [];
  #isClosed = false;
  /** Errors of this helper; must stay empty. */
  readonly faults: string[] = [];

  private constructor(moto: Server, proxy: RetouchingProxy) {
    this.#moto = moto;
    this.#proxy = proxy;
    this.#ec2 = new EC2Client({ region, credentials, endpoint: moto.url });
    this.#timer = setInterval(() => {
      this.#looking = this.#looking
        .then(() => this.#look())
        .catch((error: unknown) => void this.faults.push(String(error)));
    }, lookEveryMs);
  }

  static async start(): Promise<MotoMachines> {
    const moto = await startMoto();
    return new MotoMachines(moto, await startRetouchingProxy(moto.url));
  }

  /** Environment for a worker that uses these machines. */
  environment(): Readonly<Record<string, string>> {
    return {
      ARTENIC_AWS_REGIONS: region,
      ARTENIC_AWS_IMAGES: `${region}=ami-12345678`,
      ARTENIC_AWS_ENDPOINT: this.#proxy.url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    };
  }

  /** moto's own list, including ended instances. */
  async instances(): Promise<readonly Instance[]> {
    const { Reservations } = await this.#ec2.send(new DescribeInstancesCommand({}));
    return (Reservations ?? []).flatMap(({ Instances }) => Instances ?? []);
  }

  /** Warns like AWS: the metadata announce the end, then the instance ends with its reason on record. */
  warn(instanceId: string, leftMs: number): void {
    this.#machines.get(instanceId)?.warner.warn(leftMs);
    setTimeout(() => this.#endIn(instanceId, 'Server.SpotInstanceTermination'), leftMs).unref();
  }

  consoleOf(instanceId: string): string {
    return this.#machines.get(instanceId)?.sandbox.read('console') ?? '';
  }

  async #look(): Promise<void> {
    for (const { InstanceId = '', State } of await this.instances()) {
      const machine = this.#machines.get(InstanceId);
      if (State?.Name === 'running' && machine === undefined) await this.#boot(InstanceId);
      if (State?.Name === 'terminated') machine?.sandbox.cutPower();
    }
  }

  async #boot(InstanceId: string): Promise<void> {
    const { UserData } = await this.#ec2.send(
      new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'userData' }),
    );
    const warner = await startMetadataWarner();
    const sandbox = new SandboxedMachine(Buffer.from(UserData?.Value ?? '', 'base64').toString(), warner.url);
    this.#machines.set(InstanceId, { sandbox, warner });
    this.#ends.push(
      sandbox.run({ hasNode: true }).then(() => this.#endIn(InstanceId, 'Client.InstanceInitiatedShutdown')),
    );
  }

  #endIn(instanceId: string, stateReason: string): void {
    if (this.#isClosed) return;
    const end = this.#end(instanceId, stateReason);
    this.#ends.push(end.catch((error: unknown) => void this.faults.push(String(error))));
  }

  /** The first reason is kept. */
  async #end(instanceId: string, stateReason: string): Promise<void> {
    const found = (await this.instances()).find(({ InstanceId }) => InstanceId === instanceId);
    if (found?.State?.Name === 'terminated') return;
    const transitionReason = `Service initiated (${new Date().toISOString().slice(0, 19).replace('T', ' ')} GMT)`;
    this.#proxy.retouches.set(instanceId, { stateReason, transitionReason });
    await this.#ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
  }

  /** Pids of machine processes that are still alive. */
  left(): readonly number[] {
    return [...this.#machines.values()].flatMap(({ sandbox }) => sandbox.left());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#looking;
    for (const { sandbox } of this.#machines.values()) sandbox.cutPower();
    await Promise.all(this.#ends);
    for (const { sandbox, warner } of this.#machines.values()) {
      warner.close();
      sandbox.destroy();
    }
    this.#ec2.destroy();
    await this.#proxy.close();
    await this.#moto.stop();
  }
}
