import { objectKeys, type JobSpec } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import { whyInfeasible, whyUnkept, type KnownProvider } from '../../core/jobs/feasibility.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import { knownProviderOf } from '../../store/providers/known.ts';
import type { PrincipalStore } from '../../store/types.ts';

export type FeasibilityDeps = { readonly store: PrincipalStore; readonly storage: ObjectStorage };

async function providersOf(deps: FeasibilityDeps, spec: JobSpec): Promise<readonly KnownProvider[]> {
  const found: KnownProvider[] = [];
  for (const name of spec.placement.providers) {
    const provider = await deps.store.providers.find(name);
    if (provider === null)
      throw new ArtenicError(
        'validation-failed',
        `There is no provider "${name}"; \`GET /api/v1/providers\` lists them.`,
        { errors: [{ pointer: '/placement/providers', message: `unknown provider "${name}"` }] },
      );
    found.push(await knownProviderOf(deps.store, provider, spec));
  }
  return found;
}

async function checkUploaded(deps: FeasibilityDeps, spec: JobSpec): Promise<void> {
  const objects = spec.data.map(({ sha256 }, index) => ({ key: objectKeys.data(sha256), pointer: `/data/${index}` }));
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
