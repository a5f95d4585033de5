import { nearest, objectKeys, type JobSpec } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import { whyInfeasible, whyUnkept, type KnownProvider } from '../../core/jobs/feasibility.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import { knownProviderOf } from '../../store/providers/known.ts';
import type { PrincipalStore } from '../../store/types.ts';

/** A provider that this version has an adapter for, and how it is set up. */
type Adapter = { readonly name: string; readonly configuredBy: string };

export type FeasibilityDeps = {
  readonly store: PrincipalStore;
  readonly storage: ObjectStorage;
  /** Told to callers that name a provider which is not set up; none when absent. */
  readonly knownProviders?: readonly Adapter[];
};

async function whyUnknown({ store, knownProviders = [] }: FeasibilityDeps, name: string): Promise<string> {
  const adapter = knownProviders.find((one) => one.name === name);
  if (adapter !== undefined) return `${name} is not set up: ${adapter.configuredBy}`;
  const usable = (await store.providers.list()).map((one) => one.name);
  const meant = nearest(name, [...usable, ...knownProviders.map((one) => one.name)]);
  if (meant !== null) return `unknown provider "${name}"; did you mean "${meant}"?`;
  return `unknown provider "${name}"; set up: ${usable.join(', ') || 'none'}`;
}

async function providersOf(deps: FeasibilityDeps, spec: JobSpec): Promise<readonly KnownProvider[]> {
  const found: KnownProvider[] = [];
  for (const name of spec.placement.providers) {
    const provider = await deps.store.providers.find(name);
    if (provider === null)
      throw new ArtenicError(
        'validation-failed',
        `The provider ${name} cannot be used; \`GET /api/v1/providers\` lists those that can.`,
        { errors: [{ pointer: '/placement/providers', message: await whyUnknown(deps, name) }] },
      );
    found.push(await knownProviderOf(deps.store, provider, spec));
  }
  return found;
}

async function checkUploaded(deps: FeasibilityDeps, spec: JobSpec): Promise<void> {
  const objects = spec.data.flatMap((item, index) =>
    'dataset' in item ? [] : [{ key: objectKeys.data(item.sha256), pointer: `/data/${index}` }],
  );
  if (spec.package !== undefined)
    objects.unshift({ key: objectKeys.package(spec.package.sha256), pointer: '/package' });
  for (const { key, pointer } of objects)
    if ((await deps.storage.head(key)) === null)
      throw new ArtenicError('validation-failed', `${key} is not uploaded; PUT it to /api/v1/objects/${key} first.`, {
        errors: [{ pointer, message: 'not uploaded' }],
      });
}

/**
 * Checks that need no workflow: unsupported fields, missing providers, machines that are too small, missing uploads.
 */
export async function checkFeasible(deps: FeasibilityDeps, spec: JobSpec): Promise<void> {
  const unkept = whyUnkept(spec);
  if (unkept !== null) throw unkept;
  const infeasible = whyInfeasible(spec, await providersOf(deps, spec));
  if (infeasible !== null) throw infeasible;
  await checkUploaded(deps, spec);
}
