import { objectKeys, type JobSpec } from '@artenic/core';
import { needsOf } from '../core/capacity/needs.ts';
import { ArtenicError } from '../core/errors.ts';
import type { ProviderRecord } from '../store/types.ts';
import type { ApiDeps } from './deps.ts';

function checkBuilt(spec: JobSpec): void {
  if (spec.resources.nodes > 1)
    throw new ArtenicError(
      'not-yet-supported',
      'Jobs on more than one node are not built yet: set resources.nodes to 1.',
      { errors: [{ pointer: '/resources/nodes', message: 'not yet' }] },
    );
  if (spec.environment.image !== undefined && spec.placement.providers.includes('local'))
    throw new ArtenicError(
      'not-yet-supported',
      'The local provider does not run images yet: use environment.python or setup.',
      { errors: [{ pointer: '/environment/image', message: 'not yet' }] },
    );
}

function checkFits(spec: JobSpec, { name, capacity }: ProviderRecord): void {
  if (capacity === null) return;
  const { vcpu, memoryGib, gpus } = needsOf(spec);
  const needs = [
    { pointer: '/resources/vcpu', unit: 'cores', needed: vcpu, has: capacity.vcpu },
    { pointer: '/resources/memoryGib', unit: 'GiB of memory', needed: memoryGib, has: capacity.memoryGib },
    { pointer: '/resources/accelerators', unit: 'accelerators', needed: gpus, has: capacity.gpus },
  ];
  for (const { pointer, unit, needed, has } of needs)
    if (needed > has)
      throw new ArtenicError('larger-than-machine', `The job asks for ${needed} ${unit}; ${name} has ${has}.`, {
        errors: [{ pointer, message: `${name} has ${has} ${unit}` }],
      });
}

async function checkUploaded(deps: Pick<ApiDeps, 'storage'>, spec: JobSpec): Promise<void> {
  const objects = spec.data.map(({ sha256 }, index) => ({ key: objectKeys.data(sha256), pointer: `/data/${index}` }));
  if (spec.package !== undefined)
    objects.unshift({ key: objectKeys.package(spec.package.sha256), pointer: '/package' });
  for (const { key, pointer } of objects)
    if ((await deps.storage.head(key)) === null)
      throw new ArtenicError('validation-failed', `${key} is not uploaded; PUT it to /api/v1/objects/${key} first.`, {
        errors: [{ pointer, message: 'not uploaded' }],
      });
}

/** What can be told at once, without a workflow: what is not built, providers that are not there, machines too small, missing uploads. */
export async function checkFeasible(deps: Pick<ApiDeps, 'store' | 'storage'>, spec: JobSpec): Promise<void> {
  checkBuilt(spec);
  for (const name of spec.placement.providers) {
    const provider = await deps.store.providers.find(name);
    if (provider === null)
      throw new ArtenicError(
        'validation-failed',
        `There is no provider "${name}"; \`GET /api/v1/providers\` lists them.`,
        { errors: [{ pointer: '/placement/providers', message: `unknown provider "${name}"` }] },
      );
    checkFits(spec, provider);
  }
  await checkUploaded(deps, spec);
}
