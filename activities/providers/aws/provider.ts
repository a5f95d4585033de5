import type * as Sdk from '@aws-sdk/client-ec2';
import { fits, noCapacity } from '../../../core/capacity/grant.ts';
import { ArtenicError, isArtenicError, messageOf } from '../../../core/errors.ts';
import type { CatalogOffer } from '../../../core/catalog/catalog.ts';
import { asProvider, type Adapter } from '../as-provider.ts';
import type { InstanceDescription, InstanceHandle, LaunchRequest, Provider, ProviderCheck } from '../provider.ts';
import { checkRegion } from './check.ts';
import { aliveOrNewest } from '../choose.ts';
import { LookUpWindows } from '../look-up-windows.ts';
import type { RunnerPrograms } from '../boot/runner-programs.ts';
import { capabilities, providerName } from './capabilities.ts';
import { describe, describeKnown, oldestFirst } from './describe.ts';
import { Ec2, type Ec2Options } from './ec2.ts';
import { instanceTypeOf } from './instance-types.ts';
import { RegionOffers } from './offers.ts';
import type { OnDemandPrices } from './prices.ts';
import type { AwsRegion } from './region.ts';
import { runInputOf, type InstanceSettings } from './run-input.ts';
import { attemptIdOf, clientTokenOf, namespaceTag, tagOf, tokenTag } from './tags.ts';

export type AwsProviderOptions = Ec2Options & {
  /** Marks this installation's instances, as other installations may use the same account. */
  readonly namespace: string;
  readonly regions: readonly AwsRegion[];
  readonly instances: InstanceSettings;
  readonly onDemandPrices: OnDemandPrices;
  /** Built on first use. */
  readonly programs: () => Promise<RunnerPrograms>;
  /** URL of the API as instances reach it. */
  readonly apiUrl: string;
  /** Maximum time until EC2 shows a new instance; 30 s by default. */
  readonly consistencyMs?: number;
};

/** Amazon EC2. */
export function createAwsProvider(options: AwsProviderOptions): Provider {
  return asProvider(new AwsProvider(options));
}

type Place = { readonly settings: AwsRegion; readonly ec2: Ec2; readonly offers: RegionOffers };

class AwsProvider implements Adapter {
  readonly name = providerName;
  readonly capabilities = capabilities;
  readonly #options: AwsProviderOptions;
  readonly #consistencyMs: number;
  readonly #places: ReadonlyMap<string, Place>;
  /** End of the consistency window by id of a new instance. Until then a `not-found` proves nothing. */
  readonly #fresh = new Map<string, number>();
  readonly #windows = new LookUpWindows();

  constructor(options: AwsProviderOptions) {
    this.#options = options;
    this.#consistencyMs = options.consistencyMs ?? 30_000;
    this.#places = new Map(
      options.regions.map((settings) => {
        const ec2 = new Ec2(settings.region, options);
        return [settings.region, { settings, ec2, offers: new RegionOffers(settings, ec2, options.onDemandPrices) }];
      }),
    );
  }

  consistencyMs(): Promise<number> {
    return Promise.resolve(this.#consistencyMs);
  }

  async check(): Promise<ProviderCheck> {
    const { apiUrl, endpoint } = this.#options;
    const checks = await Promise.all(
      [...this.#places.values()].map(({ settings, ec2 }) =>
        checkRegion(ec2, settings, runInputOf({ ...this.#options, settings }), { apiUrl, endpoint }),
      ),
    );
    const [first, ...others] = checks.filter((refusal) => refusal !== null);
    if (first === undefined) {
      const names = [...this.#places.keys()].join(', ');
      return { usable: true, message: `EC2 would run instances in ${names}.`, capacity: null };
    }
    const message = [first, ...others].map((refusal) => refusal.message).join(' ');
    return { usable: false, message, capacity: null, problem: first.problem };
  }

  async catalog(part: 'all' | 'spot'): Promise<readonly CatalogOffer[]> {
    const found = await Promise.all([...this.#places.values()].map(({ offers }) => offers.read(part)));
    return found.flat();
  }

  async launch(request: LaunchRequest): Promise<InstanceHandle> {
    const { attemptId, offer, mayExist } = request;
    const place = this.#placeOf(offer.region);
    refuseUnfit(request);
    const programs = await this.#options.programs();
    const input = runInputOf({ ...this.#options, settings: place.settings, request, programs });
    const known = await this.#lookUp(place, attemptId, mayExist);
    if (known !== null) return known;
    try {
      const made = await place.ec2.run(input);
      this.#remember(made);
      return await this.#settle(place, attemptId, made);
    } catch (error) {
      if (!isArtenicError(error, 'unknown-outcome') && !isArtenicError(error, 'conflict')) throw error;
      const found = await this.#lookUpAfter(error, place, attemptId);
      if (found !== null) return found;
      // after a conflict, EC2 knows the token but no longer shows its instance, so no retry can find it
      throw new ArtenicError(error.type, error.message, { cause: error });
    }
  }

  #placeOf(region: string): Place {
    const place = this.#places.get(region);
    if (place !== undefined) return place;
    throw new ArtenicError('invalid-request', `The region ${region} is not configured; add it to ARTENIC_AWS_REGIONS.`);
  }

  #remember({ InstanceId = '' }: Sdk.Instance): void {
    const now = performance.now();
    for (const [id, until] of this.#fresh) if (until < now) this.#fresh.delete(id);
    this.#fresh.set(InstanceId, now + this.#consistencyMs);
  }

  /**
   * Removes duplicates. EC2 creates one instance for two requests with the same token, but servers that imitate EC2 do
   * not. The later of two look-ups sees both instances.
   */
  async #settle(place: Place, attemptId: string, made: Sdk.Instance): Promise<InstanceHandle> {
    return this.#keepOldest(place, attemptId, [made, ...(await this.#listAttempt(place, attemptId))]);
  }

  /** Looks the instance up after a failed launch. If the look-up fails too, the outcome stays unknown. */
  async #lookUpAfter(error: ArtenicError, place: Place, attemptId: string): Promise<InstanceHandle | null> {
    const isUnknown = error.type === 'unknown-outcome';
    if (isUnknown) this.#windows.begin(attemptId, this.#consistencyMs);
    try {
      // after an unknown outcome, retries look again until the window is over
      return await this.#lookUp(place, attemptId, !isUnknown);
    } catch (cause) {
      if (isArtenicError(cause, 'not-ready')) throw cause;
      const problem = `${error.message} It could not be looked up: ${messageOf(cause)}`;
      throw new ArtenicError('unknown-outcome', problem, { cause });
    }
  }

  /**
   * Finds the attempt's instance, living or ended, and terminates all but the oldest. With `isPatient`, throws
   * `not-ready` while EC2 may not show a new instance yet.
   */
  async #lookUp(place: Place, attemptId: string, isPatient: boolean): Promise<InstanceHandle | null> {
    const found = await this.#listAttempt(place, attemptId);
    if (found.length > 0) return this.#keepOldest(place, attemptId, found);
    if (isPatient) this.#windows.refuseUntilOver(attemptId, this.#consistencyMs);
    return null;
  }

  #listAttempt({ ec2 }: Place, attemptId: string): Promise<readonly Sdk.Instance[]> {
    const { namespace } = this.#options;
    return ec2.list({ [namespaceTag]: namespace, [tokenTag]: clientTokenOf(namespace, attemptId) });
  }

  async #keepOldest(place: Place, attemptId: string, found: readonly Sdk.Instance[]): Promise<InstanceHandle> {
    const [oldest, ...rest] = found.toSorted(oldestFirst);
    if (oldest === undefined) throw new ArtenicError('internal', `There is nothing of ${attemptId} to keep.`);
    for (const { InstanceId = '', State } of rest) {
      if (InstanceId !== oldest.InstanceId && State?.Name !== 'terminated') await place.ec2.terminate(InstanceId);
    }
    return this.#handleOf(place, oldest, attemptId);
  }

  async describe(handle: InstanceHandle): Promise<InstanceDescription> {
    const { place, instance } = await this.#find(handle);
    return this.#describe(place, instance, handle);
  }

  /** Also reads a spot instance's request, which shows a preemption that the instance's own record may not show. */
  async #describe(place: Place, instance: Sdk.Instance, handle: InstanceHandle): Promise<InstanceDescription> {
    const { SpotInstanceRequestId: requestId } = instance;
    const spotRequest = requestId === undefined ? null : await place.ec2.spotRequest(requestId);
    return describe(instance, spotRequest, handle);
  }

  async describeMany(handles: readonly InstanceHandle[]): Promise<ReadonlyMap<string, InstanceDescription>> {
    const byRegion = Map.groupBy(handles, ({ region }) => region);
    const found = await Promise.all(
      [...byRegion].map(async ([region, some]) => {
        const instances = await this.#places.get(region)?.ec2.describeMany(some.map(({ instanceId }) => instanceId));
        const byId = new Map((instances ?? []).map((instance) => [instance.InstanceId, instance]));
        return some.flatMap((handle) => {
          const instance = byId.get(handle.instanceId);
          return instance === undefined || !this.#isOurs(instance, handle) ? [] : describeKnown(instance, handle);
        });
      }),
    );
    return new Map(found.flat().map((description) => [description.handle.instanceId, description]));
  }

  async list(): Promise<readonly InstanceDescription[]> {
    const found = await this.#inAll(({ ec2 }) => ec2.list({ [namespaceTag]: this.#options.namespace }));
    return found.filter(({ state }) => state !== 'gone');
  }

  async find(attemptId: string): Promise<InstanceDescription | null> {
    return aliveOrNewest(await this.#inAll((place) => this.#listAttempt(place, attemptId)));
  }

  async #inAll(list: (place: Place) => Promise<readonly Sdk.Instance[]>): Promise<readonly InstanceDescription[]> {
    const places = [...this.#places.values()];
    const listed = async (place: Place) => (await list(place)).map((instance) => this.#listed(place, instance));
    return (await Promise.all(places.map(listed))).flat();
  }

  /** Reports an instance in an unknown state as running: it is billed, and it must not hide the other instances. */
  #listed(place: Place, instance: Sdk.Instance): InstanceDescription {
    const handle = this.#handleOf(place, instance, attemptIdOf(instance));
    try {
      return describe(instance, null, handle);
    } catch (error) {
      if (!isArtenicError(error, 'unknown-state')) throw error;
      return describe({ ...instance, State: { Name: 'running' } }, null, handle);
    }
  }

  async terminate({ provider, instanceId, region }: InstanceHandle): Promise<void> {
    const place = this.#places.get(region);
    if (provider !== providerName || place === undefined) return;
    try {
      await place.ec2.terminate(instanceId);
    } catch (error) {
      if (!isArtenicError(error, 'not-found')) throw error;
      this.#refuseIfFresh(instanceId, error);
    }
  }

  async console(handle: InstanceHandle): Promise<string> {
    const { place } = await this.#find(handle);
    return place.ec2.console(handle.instanceId);
  }

  /** Throws `not-found` for a handle of another provider or installation. */
  async #find({ provider, attemptId, instanceId, region }: InstanceHandle): Promise<{
    readonly place: Place;
    readonly instance: Sdk.Instance;
  }> {
    const place = this.#places.get(region);
    if (provider === providerName && place !== undefined) {
      const instance = await this.#describeFresh(place, instanceId);
      if (this.#isOurs(instance, { attemptId })) return { place, instance };
    }
    throw new ArtenicError('not-found', `There is no instance ${instanceId} of ours in ${region}.`);
  }

  #isOurs(instance: Sdk.Instance, { attemptId }: Pick<InstanceHandle, 'attemptId'>): boolean {
    return tagOf(instance, namespaceTag) === this.#options.namespace && attemptIdOf(instance) === attemptId;
  }

  async #describeFresh({ ec2 }: Place, instanceId: string): Promise<Sdk.Instance> {
    try {
      return await ec2.describe(instanceId);
    } catch (error) {
      if (isArtenicError(error, 'not-found')) this.#refuseIfFresh(instanceId, error);
      throw error;
    }
  }

  #refuseIfFresh(instanceId: string, cause: ArtenicError): void {
    if ((this.#fresh.get(instanceId) ?? 0) < performance.now()) return;
    throw new ArtenicError('transient', `EC2 does not show the instance ${instanceId} yet.`, { cause });
  }

  #handleOf({ settings }: Place, { InstanceId = '' }: Sdk.Instance, attemptId: string): InstanceHandle {
    return { provider: providerName, attemptId, instanceId: InstanceId, region: settings.region };
  }
}

function refuseUnfit({ offer, needs }: LaunchRequest): void {
  const type = offer.provider === providerName ? instanceTypeOf(offer.instanceType) : null;
  if (type === null) {
    throw new ArtenicError('invalid-request', `${offer.instanceType} is none of the types we use of EC2.`);
  }
  if (!fits(needs, noCapacity, type)) {
    throw new ArtenicError('invalid-request', `The job is too large for ${offer.instanceType}.`);
  }
}
