import { createHash, randomUUID } from 'node:crypto';
import { objectKeys, type CompletionMarker } from '@artenic/core';
import { storedContents } from '../../app/datasets/commit.ts';
import type { Changes, PutFile } from '../../core/datasets/changes.ts';
import { ArtenicError, isArtenicError } from '../../core/errors.ts';
import { attemptIdOf } from '../../core/ids.ts';
import { mapBounded } from '../../core/map-bounded.ts';
import { readCompletion } from '../../store/attempts/completion.ts';
import type { DatasetRecord, DatasetVersionRecord, JobRecord, ProjectPrincipal } from '../../store/types.ts';
import type { ControlDeps } from '../deps.ts';
import { principalOfActivity } from '../principal.ts';

type Output = CompletionMarker['outputs'][number];
type Declared = {
  readonly dataset: string;
  readonly path: string;
  readonly message: string;
  readonly position: number;
};
type Made = { readonly dataset: string; readonly version: number };

const copiesAtOnce = 8;
const filesAtOnce = 5000;
/** Commits of others that may come between before the server tries the activity again later. */
const mostCommits = 5;

/**
 * Makes the declared output folders of a succeeded attempt versions of datasets. A repeated call finds what an earlier
 * one has committed: the job's row is locked, and the note about the version is part of the commit's transaction.
 */
export async function commitOutputs(deps: ControlDeps, jobId: string, attempt: number): Promise<readonly Made[]> {
  const job = await deps.store.jobs.get(jobId);
  const completion = await readCompletion(deps.storage, { id: attemptIdOf(jobId, attempt), jobId, attempt });
  if (completion.kind !== 'marker')
    throw new ArtenicError('not-found', `${attemptIdOf(jobId, attempt)} has no completion marker any more.`);
  const made: Made[] = [];
  for (const [position, { dataset, path = dataset, message = '' }] of (job.spec.outputs.datasets ?? []).entries()) {
    const declared = { position, dataset, path, message };
    made.push(await commitOutput(deps, job, declared, completion.marker.outputs));
  }
  return made;
}

async function commitOutput(
  deps: ControlDeps,
  job: JobRecord,
  declared: Declared,
  outputs: readonly Output[],
): Promise<Made> {
  const done = await doneBefore(deps.store, job.id, declared.position);
  if (done !== null) return done;
  const prefix = `${declared.path}/`;
  const inside = outputs.filter(({ path }) => path.startsWith(prefix));
  if (inside.length === 0)
    throw new ArtenicError(
      'validation-failed',
      `The job left no file in \`${declared.path}\`, which it declares as a version of ${declared.dataset}.`,
    );
  const principal: ProjectPrincipal = { ...principalOfActivity(), projectId: job.projectId };
  await storeContents(deps, principal, inside);
  const files = inside.map(({ path, sha256, bytes }) => ({ path: path.slice(prefix.length), sha256, bytes }));
  for (let tries = 1; ; tries++) {
    const dataset = await datasetFor(deps, principal, declared.dataset);
    try {
      return await commitFiles(deps, { job, principal, dataset, declared }, files);
    } catch (error) {
      const cameFirst = isArtenicError(error, 'conflict') && error.details.headVersion !== undefined;
      if (!cameFirst || tries === mostCommits) throw error;
    }
  }
}

async function doneBefore(
  { datasets }: Pick<ControlDeps['store'], 'datasets'>,
  jobId: string,
  position: number,
): Promise<Made | null> {
  const rows = await datasets.ofJob(jobId);
  const done = rows.find((one) => one.role === 'output' && one.position === position);
  return done === undefined ? null : { dataset: done.dataset, version: done.version };
}

/**
 * Stores the attempt's own objects as contents. Hashes come from the bytes, never from the marker alone: the attempt has
 * written the marker, and could name a content of another project.
 */
async function storeContents(
  deps: ControlDeps,
  principal: ProjectPrincipal,
  outputs: readonly Output[],
): Promise<void> {
  const unique = [...new Map(outputs.map((output) => [output.sha256, output])).values()];
  const known = await storedContents(
    deps,
    principal,
    unique.map(({ sha256 }) => sha256),
  );
  await mapBounded(unique, copiesAtOnce, async ({ key, path, sha256 }) => {
    const content = await deps.storage.get(key);
    if (!known.has(sha256)) {
      await deps.storage.put(objectKeys.data(sha256), content, { sha256 });
      return;
    }
    const hash = createHash('sha256');
    for await (const chunk of content) hash.update(chunk);
    if (hash.digest('hex') !== sha256)
      throw new ArtenicError(
        'validation-failed',
        `The stored \`${path}\` is not the file that the runner has uploaded.`,
      );
  });
}

/** The dataset of this name; made when there is none. */
async function datasetFor(
  { store, now }: ControlDeps,
  principal: ProjectPrincipal,
  name: string,
): Promise<DatasetRecord> {
  const { projectId, name: createdBy } = principal;
  try {
    return await store.datasets.get(projectId, name);
  } catch (error) {
    if (!isArtenicError(error, 'not-found')) throw error;
  }
  const dataset = { id: randomUUID(), projectId, name, description: '', createdBy, createdAt: now() };
  try {
    return await store.as(principal).datasets.insert(dataset);
  } catch (error) {
    // Another job has just made it.
    if (!isArtenicError(error, 'conflict')) throw error;
    return store.datasets.get(projectId, name);
  }
}

/** Changes after which the dataset has these files and no others. */
async function changesTo(
  { datasets }: Pick<ControlDeps['store'], 'datasets'>,
  head: DatasetVersionRecord | null,
  files: readonly PutFile[],
): Promise<Changes> {
  const put = new Map(files.map((file) => [file.path.normalize('NFC'), file]));
  const remove: string[] = [];
  for (let after: string | null = null; head !== null;) {
    const page: Awaited<ReturnType<typeof datasets.selected>> = await datasets.selected(head, {
      ...{ selection: null, after, limit: filesAtOnce },
    });
    for (const { path, sha256 } of page.files) {
      const wanted = put.get(path);
      if (wanted === undefined) remove.push(path);
      else if (wanted.sha256 === sha256) put.delete(path);
    }
    if (page.next === null) break;
    after = page.next;
  }
  return { put: [...put.values()], remove };
}

type Place = {
  readonly job: JobRecord;
  readonly principal: ProjectPrincipal;
  readonly dataset: DatasetRecord;
  readonly declared: Declared;
};

async function commitFiles(
  { store, now }: ControlDeps,
  { job, principal, dataset, declared }: Place,
  files: readonly PutFile[],
): Promise<Made> {
  const { id: datasetId, name, headVersion } = dataset;
  const head = headVersion === 0 ? null : await store.datasets.version(datasetId, String(headVersion));
  const changes = await changesTo(store, head, files);
  return store.as(principal).transaction(async (repositories) => {
    await repositories.jobs.lock(job.id);
    const done = await doneBefore(repositories, job.id, declared.position);
    if (done !== null) return done;
    const version = await repositories.datasets.commit({
      ...{ datasetId, expectedHead: headVersion, message: declared.message, createdBy: principal.name, at: now() },
      ...{ sourceJobId: job.id, kind: 'changes', changes },
    });
    await repositories.datasets.noteOutput(job.id, {
      ...{ position: declared.position, datasetId, dataset: name, version: version.version, root: version.root },
      ...{ reference: String(version.version), folder: declared.path, paths: null, allowPurged: false },
      ...{ files: version.files, bytes: version.bytes },
    });
    return { dataset: name, version: version.version };
  });
}
