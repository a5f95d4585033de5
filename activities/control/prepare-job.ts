import { isTerminalJobState, modelNameOf, objectKeys, type JobSpec } from '@artenic/core';
import { fits, noCapacity } from '../../core/capacity/grant.ts';
import type { Capacity } from '../../core/capacity/types.ts';
import { ArtenicError } from '../../core/errors.ts';
import type { JobRecord } from '../../store/types.ts';
import type { PreparedJob } from '../contract.ts';
import type { ControlDeps } from '../deps.ts';
import { needsOf } from '../../core/capacity/needs.ts';
import { providerRow } from './provider-row.ts';

export async function prepareJob(deps: ControlDeps, jobId: string): Promise<PreparedJob> {
  const { store } = deps;
  const job = await store.jobs.get(jobId);
  const { state, message, spec } = job;
  if (isTerminalJobState(state)) return { kind: 'settled', state, message, model: resultOf(job) };
  // what runs already, or is to end anyway, is not put in question again
  if (job.currentAttempt === 0 && job.cancelRequestedAt === null) {
    refuseUnsupported(spec);
    await refuseMissingObjects(deps, spec);
    await refuseTooLarge(deps, spec);
  }
  const moved = await store.jobs.transition(jobId, 'preparing');
  if (isTerminalJobState(moved.state)) {
    return { kind: 'settled', state: moved.state, message: moved.message, model: resultOf(moved) };
  }
  const latest = await store.decisions.latest(jobId);
  const model = modelNameOf(spec);
  return {
    kind: 'ready',
    title: model === spec.service ? spec.service : `${spec.service}/${model}`,
    provider: spec.placement.providers[0] ?? 'none',
    nextDecision: (latest?.decision ?? 0) + 1,
  };
}

function resultOf({ resultModel, resultVersion }: JobRecord): { name: string; version: number } | null {
  return resultModel === null || resultVersion === null ? null : { name: resultModel, version: resultVersion };
}

function refuseUnsupported({ resources, environment }: JobSpec): void {
  if (resources.nodes > 1) {
    throw new ArtenicError('not-yet-supported', '`resources.nodes` above 1 is not built yet: use one node.');
  }
  if (environment.image !== undefined) {
    const advice = 'leave it out and prepare the environment in `setup`';
    throw new ArtenicError('not-yet-supported', `\`environment.image\` is not built yet: ${advice}.`);
  }
}

async function refuseMissingObjects({ storage }: ControlDeps, spec: JobSpec): Promise<void> {
  const objects = [
    ...(spec.package === undefined ? [] : [{ key: objectKeys.package(spec.package.sha256), what: 'The package' }]),
    ...spec.data.map(({ name, sha256 }) => ({ key: objectKeys.data(sha256), what: `The data \`${name}\`` })),
  ];
  for (const { key, what } of objects) {
    if ((await storage.head(key)) !== null) continue;
    throw new ArtenicError('validation-failed', `${what} has not been uploaded: there is no object ${key}.`);
  }
}

/** It is enough that one of the providers can ever take it. */
async function refuseTooLarge(deps: ControlDeps, spec: JobSpec): Promise<void> {
  const needs = needsOf(spec);
  const machines: string[] = [];
  for (const name of spec.placement.providers) {
    const { capacity } = await providerRow(deps, name);
    if (capacity === null || fits(needs, noCapacity, capacity)) return;
    machines.push(`${name} has ${describe(capacity)}`);
  }
  throw new ArtenicError('larger-than-machine', `The job needs ${describe(needs)}, but ${machines.join(', ')}.`);
}

function describe({ vcpu, memoryGib, gpus }: Capacity): string {
  return `${vcpu} cores, ${Math.round(memoryGib * 100) / 100} GiB of memory and ${gpus} GPUs`;
}
