import { sql, type Selectable } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import { json, type Db } from '../database.ts';
import type { Database } from '../entities.ts';
import { lineagePlace } from '../../core/lineage/relations.ts';
import { writeEdges } from '../lineage/write.ts';
import type { DatasetsRepository, JobDatasetInsert, JobDatasetRecord, NewLineageEdge } from '../types.ts';

const mostNamed = 3;

function toRecord({ bytes, ...row }: Selectable<Database['job_datasets']>): JobDatasetRecord {
  return { ...row, bytes: Number(bytes) };
}

/**
 * Keeps datasets from being deleted until the transaction ends: a job that is inserted finds its versions. Commits to
 * them do not wait.
 */
async function mustStay(transaction: Db, versions: readonly JobDatasetInsert[]): Promise<void> {
  const ids = [...new Set(versions.map(({ datasetId }) => datasetId))];
  const rows = await transaction
    .selectFrom('datasets')
    .select('id')
    .where(sql<boolean>`id = any (${ids})`)
    .where('deletedAt', 'is', null)
    .orderBy('id')
    .forKeyShare()
    .execute();
  const found = new Set(rows.map(({ id }) => id));
  const gone = versions.find(({ datasetId }) => !found.has(datasetId));
  if (gone !== undefined) throw new ArtenicError('conflict', `The dataset ${gone.dataset} was just deleted.`);
}

async function insertRows(
  db: Db,
  jobId: string,
  role: JobDatasetRecord['role'],
  versions: readonly JobDatasetInsert[],
): Promise<void> {
  const rows = versions.map(({ paths, bytes, ...version }) => ({
    ...version,
    ...{ jobId, role, bytes: BigInt(bytes), paths: paths === null ? null : json(paths) },
  }));
  await db.insertInto('job_datasets').values(rows).execute();
}

/** One edge for a version, with the patterns of all entries that read it. */
function edgesOf(jobId: string, versions: readonly JobDatasetInsert[]): readonly NewLineageEdge[] {
  const byVersion = Map.groupBy(versions, ({ datasetId, version }) => `${datasetId}@${version}`);
  return [...byVersion.values()].flatMap(([first, ...rest]) => {
    if (first === undefined) return [];
    const all = [first, ...rest].map(({ paths }) => paths);
    const paths = all.includes(null) ? null : all.flatMap((one) => one ?? []);
    const source = lineagePlace.datasetVersion(first.datasetId, first.version);
    return [{ source, target: lineagePlace.run(jobId), relation: 'input', paths }];
  });
}

/** Notes the versions that a new job reads, and from what its run comes. */
export async function holdVersions(
  transaction: Db,
  { id: jobId, projectId }: { readonly id: string; readonly projectId: string },
  versions: readonly JobDatasetInsert[],
): Promise<void> {
  if (versions.length === 0) return;
  await mustStay(transaction, versions);
  await writeEdges(transaction, projectId, edgesOf(jobId, versions));
  await insertRows(transaction, jobId, 'input', versions);
}

/** A dataset that an open job reads or writes is not deleted: the job would fail without a fault of its own. */
export async function mustBeFree(transaction: Db, datasetId: string, name: string): Promise<void> {
  const rows = await transaction
    .selectFrom('job_datasets')
    .innerJoin('jobs', 'jobs.id', 'job_datasets.jobId')
    .select(['jobs.id', 'jobs.name'])
    .distinct()
    .where('job_datasets.datasetId', '=', datasetId)
    .where('job_datasets.role', '=', 'input')
    .where('jobs.finishedAt', 'is', null)
    .orderBy('jobs.id')
    .limit(mostNamed + 1)
    .execute();
  if (rows.length === 0) return;
  const named = rows.slice(0, mostNamed).map((job) => `${job.name} (${job.id})`);
  const more = rows.length > mostNamed ? ' and others' : '';
  throw new ArtenicError(
    'conflict',
    `The dataset ${name} is used by ${rows.length === 1 ? 'an open job' : 'open jobs'}: ${named.join(', ')}${more}. Delete it when they have ended, or cancel them.`,
  );
}

type JobMethods = Pick<DatasetsRepository, 'ofJob' | 'noteOutput' | 'hasPurged' | 'contentsOfJob'>;

export function jobMethods(db: Db): JobMethods {
  return {
    ofJob: async (jobId) => {
      const rows = await db
        .selectFrom('job_datasets')
        .selectAll()
        .where('jobId', '=', jobId)
        .orderBy('role')
        .orderBy('position')
        .execute();
      return rows.map(toRecord);
    },
    noteOutput: (jobId, version) => insertRows(db, jobId, 'output', [version]),
    hasPurged: async (datasetId) => {
      const row = await db
        .selectFrom('dataset_contents')
        .select('sha256')
        .where('datasetId', '=', datasetId)
        .where('purgedAt', 'is not', null)
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },
    contentsOfJob: async (jobId, sha256s) => {
      const rows = await db
        .selectFrom('dataset_contents')
        .select('sha256')
        .where(
          'datasetId',
          'in',
          db.selectFrom('job_datasets').select('datasetId').where('jobId', '=', jobId).where('role', '=', 'input'),
        )
        .where('purgedAt', 'is', null)
        .where(sql<boolean>`sha256 = any (${sha256s})`)
        .execute();
      return new Set(rows.map(({ sha256 }) => sha256));
    },
  };
}
