import { filesOfData, isTerminalJobState, modelNameOf, objectKeys, type JobSpec } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import { titleOf } from '../../core/jobs/name.ts';
import { whyInfeasible } from '../../core/jobs/feasibility.ts';
import { knownProviderOf } from '../../store/providers/known.ts';
import type { JobRecord } from '../../store/types.ts';
import type { PreparedJob } from '../contracts/index.ts';
import type { ControlDeps } from '../deps.ts';
import { providerRow } from '../failover/provider-row.ts';

export async function prepareJob(deps: ControlDeps, jobId: string): Promise<PreparedJob> {
  const { store } = deps;
  const job = await store.jobs.get(jobId);
  const { state, message, spec } = job;
  if (isTerminalJobState(state)) return { kind: 'settled', state, message, model: resultOf(job) };
  // a job with an attempt, or with a requested cancel, is not checked again
  if (job.currentAttempt === 0 && job.cancelRequestedAt === null) {
    await refuseMissingObjects(deps, spec);
    await refuseInfeasible(deps, spec);
  }
  const moved = await store.jobs.transition(jobId, 'preparing');
  if (isTerminalJobState(moved.state)) {
    return { kind: 'settled', state: moved.state, message: moved.message, model: resultOf(moved) };
  }
  const latest = await store.decisions.latest(jobId);
  const model = modelNameOf(spec);
  return {
    kind: 'ready',
    title: titleOf(model === spec.service ? spec.service : `${spec.service}/${model}`, job.name),
    provider: spec.placement.providers[0] ?? 'none',
    nextDecision: (latest?.decision ?? 0) + 1,
    ...((spec.outputs.datasets ?? []).length === 0 ? {} : { writesDatasets: true }),
  };
}

function resultOf({ resultModel, resultVersion }: JobRecord): { name: string; version: number } | null {
  return resultModel === null || resultVersion === null ? null : { name: resultModel, version: resultVersion };
}

async function refuseMissingObjects({ storage }: ControlDeps, spec: JobSpec): Promise<void> {
  const objects = [
    ...(spec.package === undefined ? [] : [{ key: objectKeys.package(spec.package.sha256), what: 'The package' }]),
    ...filesOfData(spec.data).map(({ name, sha256 }) => ({
      key: objectKeys.data(sha256),
      what: `The data \`${name}\``,
    })),
  ];
  for (const { key, what } of objects) {
    if ((await storage.head(key)) !== null) continue;
    throw new ArtenicError('validation-failed', `${what} has not been uploaded: there is no object ${key}.`);
  }
}

async function refuseInfeasible(deps: ControlDeps, spec: JobSpec): Promise<void> {
  const providers = [];
  for (const name of spec.placement.providers)
    providers.push(await knownProviderOf(deps.store, await providerRow(deps, name), spec));
  const infeasible = whyInfeasible(spec, providers);
  if (infeasible !== null) throw infeasible;
}
