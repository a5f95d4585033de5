import { createHash } from 'node:crypto';
import { fits, noCapacity } from '../../../core/capacity/grant.ts';
import type { Capacity } from '../../../core/capacity/types.ts';
import { ArtenicError, isArtenicError, messageOf } from '../../../core/errors.ts';
import type { CatalogOffer } from '../../../core/catalog/catalog.ts';
import type { Offer } from '../../../core/failover/types.ts';
import { problemOf } from '../problem-of.ts';
import { asProvider, type Adapter } from '../as-provider.ts';
import type { InstanceDescription, InstanceHandle, LaunchRequest, Provider, ProviderCheck } from '../provider.ts';
import type { CloudAccount, CloudInstance, CloudOffer } from './answers.ts';
import { capabilities, providerName } from './capabilities.ts';
import { CloudClient, type CloudClientOptions } from './client.ts';
import { aliveOrNewest } from '../choose.ts';
import { LookUpWindows } from '../look-up-windows.ts';
import { describe, describeKnown, oldestFirst } from './describe.ts';

export type SimulatedProviderOptions = CloudClientOptions & {
  /** Marks this installation's instances, as other installations may use the same account. */
  readonly namespace: string;
};

const attemptTag = 'artenic-attempt';
const namespaceTag = 'artenic-namespace';
const maxSlugLength = 180;

/** Provider of the simulated cloud (`simulated-cloud/`), which runs as a separate process. */
export function createSimulatedProvider(options: SimulatedProviderOptions): Provider {
  return asProvider(new SimulatedProvider(options));
}

class SimulatedProvider implements Adapter {
  readonly name = providerName;
  readonly capabilities = capabilities;
  readonly #client: CloudClient;
  readonly #namespace: string;
  readonly #url: string;
  readonly #windows = new LookUpWindows();
  #account: CloudAccount | null = null;

  constructor(options: SimulatedProviderOptions) {
    this.#client = new CloudClient(options);
    this.#namespace = options.namespace;
    this.#url = options.url;
  }

  async check(): Promise<ProviderCheck> {
    try {
      const { regions } = await this.#client.account();
      const inUse = regions.reduce((sum, { vcpuInUse }) => sum + vcpuInUse, 0);
      const message = `Simulated cloud at ${this.#url}: ${regions.length} regions, ${inUse} vCPUs in use.`;
      return { usable: true, message, capacity: null };
    } catch (error) {
      if (!isArtenicError(error)) throw error;
      return { usable: false, message: error.message, capacity: null, problem: problemOf(error) };
    }
  }

  async catalog(): Promise<readonly CatalogOffer[]> {
    const rows = await this.#client.offers();
    return rows.flatMap((row) => {
      const resources = { ...capacityOf(row), gpuType: row.accelerator?.type ?? null };
      return offersOf(row).map((offer) => ({ ...offer, resources }));
    });
  }

  async launch(request: LaunchRequest): Promise<InstanceHandle> {
    const { attemptId, mayExist } = request;
    refuseBadId(attemptId);
    const made = await this.#lookUp(attemptId, mayExist && !(await this.#keepsApart()));
    if (made !== null) return made;
    await this.#refuseUnfit(request);
    try {
      const created = await this.#client.create(this.#createInput(request));
      if (await this.#keepsApart()) return this.#handleOf(created, attemptId);
      // another worker may have created an instance at the same time; the later of two look-ups sees both
      return await this.#keepOldest(attemptId, [created, ...(await this.#listAttempt(attemptId))]);
    } catch (error) {
      if (!isArtenicError(error, 'unknown-outcome') && !isArtenicError(error, 'conflict')) throw error;
      const found = await this.#lookUpAfter(error, attemptId);
      if (found !== null) return found;
      throw new ArtenicError('unknown-outcome', error.message, { cause: error });
    }
  }

  /** Looks the instance up after a failed launch. If the look-up fails too, the outcome stays unknown. */
  async #lookUpAfter(error: ArtenicError, attemptId: string): Promise<InstanceHandle | null> {
    try {
      // a taken name proves that an instance exists, but the list may not show it yet
      this.#windows.begin(attemptId, await this.consistencyMs());
      return await this.#lookUp(attemptId, true);
    } catch (cause) {
      if (isArtenicError(cause, 'not-ready')) throw cause;
      const problem = `${error.message} It could not be looked up: ${messageOf(cause)}`;
      throw new ArtenicError('unknown-outcome', problem, { cause });
    }
  }

  /**
   * Finds the attempt's instance, living or ended, and terminates all but the oldest. With `isPatient`, throws
   * `not-ready` until the look-up window is over. If the cloud prevents duplicates, the first instance found is the
   * only one and ends the wait; otherwise an older one may still appear.
   */
  async #lookUp(attemptId: string, isPatient: boolean): Promise<InstanceHandle | null> {
    const found = await this.#listAttempt(attemptId);
    const isEnough = found.length > 0 && (!isPatient || (await this.#keepsApart()));
    if (isPatient && !isEnough) this.#windows.refuseUntilOver(attemptId, await this.consistencyMs());
    return found.length > 0 ? this.#keepOldest(attemptId, found) : null;
  }

  #listAttempt(attemptId: string): Promise<readonly CloudInstance[]> {
    return this.#client.list({ [attemptTag]: attemptId, [namespaceTag]: this.#namespace }, { liveOnly: false });
  }

  async #keepOldest(attemptId: string, found: readonly CloudInstance[]): Promise<InstanceHandle> {
    const [oldest, ...rest] = found.toSorted(oldestFirst);
    if (oldest === undefined) throw new ArtenicError('internal', `There is nothing of ${attemptId} to keep.`);
    for (const { instanceId, endedAt } of rest) {
      if (instanceId !== oldest.instanceId && endedAt === null) await this.#terminate(instanceId);
    }
    return this.#handleOf(oldest, attemptId);
  }

  async #refuseUnfit({ offer, needs }: LaunchRequest): Promise<void> {
    const { provider, instanceType, region, zone, spot } = offer;
    const rows = provider === providerName ? await this.#client.offers() : [];
    const row = rows.find(
      (one) =>
        one.instanceType === instanceType &&
        one.region === region &&
        one.spot === spot &&
        (zone === undefined || one.zones.includes(zone)),
    );
    if (row === undefined) {
      throw new ArtenicError('invalid-request', `The simulated cloud has no ${instanceType} in ${region} to offer.`);
    }
    if (!fits(needs, noCapacity, capacityOf(row))) {
      throw new ArtenicError('invalid-request', `The job is too large for ${instanceType}.`);
    }
  }

  #createInput({ attemptId, launch, offer, bootstrap }: LaunchRequest) {
    // the name depends only on the attempt, so a cloud that refuses taken names allows one instance
    const clientToken = hashOf(launch === 1 ? attemptId : `${attemptId}\n${launch}`);
    const { region, zone, instanceType, spot } = offer;
    return {
      ...(zone === undefined ? {} : { zone }),
      ...{ name: nameOf(this.#namespace, attemptId), clientToken, region, instanceType, spot },
      tags: { [attemptTag]: attemptId, [namespaceTag]: this.#namespace },
      userData: JSON.stringify(bootstrap),
    };
  }

  async describe(handle: InstanceHandle): Promise<InstanceDescription> {
    return describe(await this.#find(handle), handle);
  }

  /** Lists all living instances, a few pages, because the API has no request for a selection. */
  async describeMany(handles: readonly InstanceHandle[]): Promise<ReadonlyMap<string, InstanceDescription>> {
    const living = await this.#client.list({ [namespaceTag]: this.#namespace }, { liveOnly: true });
    const byId = new Map(living.map((instance) => [instance.instanceId, instance]));
    const found = handles.flatMap((handle) => {
      const instance = byId.get(handle.instanceId);
      return instance === undefined || instance.tags[attemptTag] !== handle.attemptId
        ? []
        : describeKnown(instance, handle);
    });
    return new Map(found.map((description) => [description.handle.instanceId, description]));
  }

  async list(): Promise<readonly InstanceDescription[]> {
    const found = await this.#client.list({ [namespaceTag]: this.#namespace }, { liveOnly: true });
    return found.map((instance) => this.#listed(instance));
  }

  async find(attemptId: string): Promise<InstanceDescription | null> {
    return aliveOrNewest((await this.#listAttempt(attemptId)).map((instance) => this.#listed(instance)));
  }

  /** Reports an instance in an unknown state as running: it is billed, and it must not hide the other instances. */
  #listed(instance: CloudInstance): InstanceDescription {
    const handle = this.#handleOf(instance, instance.tags[attemptTag] ?? '');
    try {
      return describe(instance, handle);
    } catch (error) {
      if (!isArtenicError(error, 'unknown-state')) throw error;
      return describe({ ...instance, state: 'running' }, handle);
    }
  }

  async terminate({ provider, instanceId }: InstanceHandle): Promise<void> {
    if (provider === providerName) await this.#terminate(instanceId);
  }

  async #terminate(instanceId: string): Promise<void> {
    try {
      await this.#client.terminate(instanceId);
    } catch (error) {
      if (!isArtenicError(error, 'not-found')) throw error;
    }
  }

  async consistencyMs(): Promise<number> {
    return (await this.#knownAccount()).consistencySeconds * 1000;
  }

  async console(handle: InstanceHandle): Promise<string> {
    await this.#find(handle);
    return this.#client.console(handle.instanceId);
  }

  /** Throws `not-found` for a handle of another provider or installation. */
  async #find({ provider, attemptId, instanceId }: InstanceHandle): Promise<CloudInstance> {
    if (provider === providerName) {
      const instance = await this.#client.describe(instanceId);
      if (instance.tags[attemptTag] === attemptId && instance.tags[namespaceTag] === this.#namespace) return instance;
    }
    throw new ArtenicError('not-found', `There is no instance ${instanceId} of ours in the simulated cloud.`);
  }

  /** Whether the cloud itself prevents a second instance for one attempt. */
  async #keepsApart(): Promise<boolean> {
    const { duplicateNames, clientTokens } = await this.#knownAccount();
    return duplicateNames === 'refused' || clientTokens === 'honoured';
  }

  async #knownAccount(): Promise<CloudAccount> {
    this.#account ??= await this.#client.account();
    return this.#account;
  }

  #handleOf({ instanceId, region }: CloudInstance, attemptId: string): InstanceHandle {
    return { provider: providerName, attemptId, instanceId, region };
  }
}

function capacityOf({ vcpu, memoryGib, accelerator }: CloudOffer): Capacity {
  return { vcpu, memoryGib, gpus: accelerator?.count ?? 0 };
}

/** One offer per zone, because each zone runs out of capacity on its own. */
function offersOf(row: CloudOffer): readonly Offer[] {
  const { zones, region, instanceType, spot, priceUsdMicrosPerHour, pricedAt, minimumSeconds, granularitySeconds } =
    row;
  const billing = { pricedAt, minimumSeconds, granularitySeconds };
  return zones.map((zone) => ({
    ...{ provider: providerName, region, zone, instanceType, spot, priceUsdMicrosPerHour, billing },
  }));
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** Readable part of the id, plus a hash that keeps the name unique for any id. */
function nameOf(namespace: string, attemptId: string): string {
  const slug = attemptId
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, maxSlugLength);
  return `${namespace}-${slug}-${hashOf(attemptId).slice(0, 12)}`;
}

/** Refuses an id that an environment variable cannot hold unchanged. */
function refuseBadId(attemptId: string): void {
  if (attemptId !== '' && attemptId.isWellFormed() && !attemptId.includes('\0')) return;
  throw new ArtenicError('invalid-request', `${JSON.stringify(attemptId)} cannot be the id of an attempt.`);
}
