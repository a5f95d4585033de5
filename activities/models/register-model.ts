import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { modelNameOf, objectKeys, type CompletionMarker, type JobSpec } from '@artenic/core';
import { registerModel as registerVersion, type RegisterModelInput } from '../../app/models/register.ts';
import { nothingMore } from '../../app/within.ts';
import { ArtenicError } from '../../core/errors.ts';
import { attemptIdOf } from '../../core/ids.ts';
import { cancellation } from '../cancellation.ts';
import type { ControlDeps } from '../deps.ts';
import { readCompletion } from '../../store/attempts/completion.ts';
import { principalOfActivity } from '../principal.ts';
import { modelPathOf } from './model-path.ts';

type Output = CompletionMarker['outputs'][number];

export async function registerModel(
  deps: ControlDeps,
  jobId: string,
  attempt: number,
): Promise<{ readonly name: string; readonly version: number } | null> {
  const { store, storage } = deps;
  const job = await store.jobs.transition(jobId, 'collecting');
  const output = await findModel(deps, jobId, attempt, job.spec);
  if (output === null) return null;
  const folder = await mkdtemp(join(tmpdir(), 'artenic-inspect-'));
  try {
    const file = join(folder, 'model.onnx');
    const { sha256, bytes } = await fetchOwn(storage, output, file);
    const signature = await deps.inspectModel(file);
    const key = objectKeys.model(sha256);
    if ((await storage.head(key))?.bytes !== bytes)
      await storage.put(key, createReadStream(file, cancellation()), { sha256 });
    const input: RegisterModelInput = {
      model: modelNameOf(job.spec),
      principal: { ...principalOfActivity(), projectId: job.projectId },
      format: job.spec.outputs.model?.format ?? 'onnx',
      sha256,
      metrics: chosenMetrics(await store.metrics.latest(jobId), job.spec.outputs.metrics),
      jobId,
      createdBy: job.createdBy,
      // inspected before the upload, because storing a model that cannot be served would be useless
      examine: async () => ({ signature, external: null }),
    };
    const { version } = await registerVersion(deps, input, nothingMore);
    return { name: modelNameOf(job.spec), version };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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

/**
 * Downloads the attempt's own object. Its length and hash come from its bytes, never from the marker: the attempt has
 * written the marker, and could name another job's model.
 */
async function fetchOwn(
  storage: ControlDeps['storage'],
  { key, path, sha256: promised }: Output,
  file: string,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(
    await storage.get(key),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.byteLength;
        yield chunk;
      }
    },
    createWriteStream(file, { mode: 0o600 }),
    // the next try downloads the object again, and two downloads at once take twice as long
    cancellation(),
  );
  const sha256 = hash.digest('hex');
  if (sha256 === promised) return { sha256, bytes };
  throw new ArtenicError('validation-failed', `The stored \`${path}\` is not the file that the runner has uploaded.`);
}

function chosenMetrics(
  latest: ReadonlyMap<string, number>,
  chosen: readonly string[],
): Readonly<Record<string, number>> {
  return Object.fromEntries([...latest].filter(([name]) => chosen.length === 0 || chosen.includes(name)));
}
