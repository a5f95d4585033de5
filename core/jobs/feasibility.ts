import type { JobSpec } from '@artenic/core';
import { fits, noCapacity } from '../capacity/grant.ts';
import { needsOf } from '../capacity/needs.ts';
import type { Capacity } from '../capacity/types.ts';
import { ArtenicError, type ErrorType } from '../errors.ts';

/** The facts of a provider that feasibility depends on. `capacity` is null if it is unknown or unlimited. */
export type KnownProvider = {
  readonly name: string;
  readonly capacity: Capacity | null;
  /** The provider offers machines, but none is large enough or has such accelerators. */
  readonly hasNoneSoLarge?: true;
  /** It offers machines, and none of them is of a type that the job names. */
  readonly hasNoneOfTypes?: true;
};

const refusal = (type: ErrorType, pointer: string, message: string, here: string): ArtenicError =>
  new ArtenicError(type, message, { errors: [{ pointer, message: here }] });

const notYet = (pointer: string, message: string): ArtenicError =>
  refusal('not-yet-supported', pointer, message, 'not yet');

/**
 * Why no provider of the job can ever run it; null when at least one can. `providers` are those that the job names.
 * Both the check at submit and the check before the first attempt use this function.
 */
export function whyInfeasible(spec: JobSpec, providers: readonly KnownProvider[]): ArtenicError | null {
  if (spec.resources.nodes > 1)
    return notYet('/resources/nodes', 'Jobs on more than one node are not supported yet: set `resources.nodes` to 1.');
  if (spec.environment.image !== undefined)
    return notYet(
      '/environment/image',
      '`environment.image` is not supported yet: remove it and prepare the environment in `setup`.',
    );
  const needs = needsOf(spec);
  const ofTypes = providers.filter(({ hasNoneOfTypes }) => hasNoneOfTypes !== true);
  if (ofTypes.length === 0) return withoutTypes(spec, providers);
  if (ofTypes.some((provider) => isLargeEnough(needs, provider))) return null;
  const machines = providers
    .map(({ name, capacity }) =>
      capacity === null ? `${name} offers no machine for that` : `${name} has ${describe(capacity)}`,
    )
    .join(', ');
  return refusal(
    'larger-than-machine',
    pointerOf(needs, providers),
    `The job needs ${describe(needs)}, but ${machines}.`,
    machines,
  );
}

function withoutTypes(spec: JobSpec, providers: readonly KnownProvider[]): ArtenicError {
  const types = (spec.placement.instanceTypes ?? []).join(', ');
  const here = `${providers.map(({ name }) => name).join(' and ')} offers none of these types`;
  return refusal('validation-failed', '/placement/instanceTypes', `Of the instance types ${types}: ${here}.`, here);
}

function isLargeEnough(needs: Capacity, { capacity, hasNoneSoLarge }: KnownProvider): boolean {
  return capacity === null ? hasNoneSoLarge !== true : fits(needs, noCapacity, capacity);
}

/**
 * Rejects fields that the platform does not enforce yet. Used at submit only, because jobs of earlier releases may have
 * them.
 */
export function whyUnkept(spec: JobSpec): ArtenicError | null {
  const unkept = [
    [
      '/budgetUsd',
      spec.budgetUsd,
      'budgets are not held yet; `maxHours` and `placement.maxHourlyUsd` bound what a job costs',
    ],
    ['/deadline', spec.deadline, 'deadlines are not planned for yet; `maxHours` stops a job'],
    ['/expectedHours', spec.expectedHours, 'no plan is made with it yet'],
    ['/resources/diskGib', spec.resources.diskGib, 'disks of a given size are not made yet'],
  ] as const;
  for (const [pointer, value, why] of unkept)
    if (value !== undefined) {
      const name = pointer.slice(1).replaceAll('/', '.');
      return notYet(pointer, `\`${name}\` cannot be promised: ${why}. Leave it out.`);
    }
  return null;
}

/** The need that is too large everywhere; all of `resources` if each provider lacks something else. */
function pointerOf(needs: Capacity, providers: readonly KnownProvider[]): string {
  const pointers = { vcpu: '/resources/vcpu', memoryGib: '/resources/memoryGib', gpus: '/resources/accelerators' };
  for (const [need, pointer] of Object.entries(pointers) as [keyof Capacity, string][])
    if (providers.every(({ capacity }) => needs[need] > (capacity?.[need] ?? Infinity))) return pointer;
  return '/resources';
}

function describe({ vcpu, memoryGib, gpus }: Capacity): string {
  return `${vcpu} cores, ${Math.round(memoryGib * 100) / 100} GiB of memory and ${gpus} GPUs`;
}
