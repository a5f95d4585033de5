import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { modelNameOf, objectKeys, type CompletionMarker, type JobSpec, type ModelSignature } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import { attemptIdOf } from '../../core/ids.ts';
import type { ControlDeps } from '../deps.ts';
import { readCompletion } from '../../store/completion.ts';
import { modelPathOf } from './model-path.ts';

type Output = CompletionMarker['outputs'][number];

export async function registerModel(
  deps: ControlDeps,
  jobId: string,
  attempt: number,
): Promise<{ readonly name: string; readonly version: number } | null> {
  const { store, storage, now } = deps;
  const job = await store.jobs.transition(jobId, 'collecting');
  const output = await findModel(deps, jobId, attempt, job.spec);
  if (output === null) return null;
  const { sha256, bytes } = output;
  const key = objectKeys.model(sha256);
  if ((await storage.head(key))?.bytes !== bytes) await storage.put(key, await storage.get(output.key), { sha256 });
  const { version } = await store.models.register({
    model: modelNameOf(job.spec),
    projectId: job.projectId,
    format: job.spec.outputs.model?.format ?? 'onnx',
    sha256,
    bytes,
    signature: await inspect(deps, key),
    metrics: chosenMetrics(await store.metrics.latest(jobId), job.spec.outputs.metrics),
    jobId,
    createdBy: job.createdBy,
    createdAt: now(),
  });
  return { name: modelNameOf(job.spec), version };
}

async function findModel(
  { storage }: ControlDeps,
  jobId: string,
  attempt: number,
  spec: JobSpec,
): Promise<Output | null> {
  const id = attemptIdOf(jobId, attempt);
  const completion = await readCompletion(storage, { id, jobId, attempt });
  if (completion.kind !== 'marker') throw new ArtenicError('not-found', `${id} has no completion marker any more.`);
  const path = modelPathOf(spec);
  const output = completion.marker.outputs.find((one) => one.path === path) ?? null;
  if (output !== null || spec.outputs.model === undefined) return output;
  throw new ArtenicError('validation-failed', `The job made no \`${path}\`, which it declares.`);
}

/** The inspection wants a file, which a model host opens by itself. */
async function inspect({ storage, inspectModel }: ControlDeps, key: string): Promise<ModelSignature> {
  const folder = await mkdtemp(join(tmpdir(), 'artenic-inspect-'));
  try {
    const file = join(folder, 'model.onnx');
    await pipeline(await storage.get(key), createWriteStream(file, { mode: 0o600 }));
    return await inspectModel(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function chosenMetrics(
  latest: ReadonlyMap<string, number>,
  chosen: readonly string[],
): Readonly<Record<string, number>> {
  return Object.fromEntries([...latest].filter(([name]) => chosen.length === 0 || chosen.includes(name)));
}
