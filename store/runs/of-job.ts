import { isTerminalJobState, mostEntityFields, type JobSpec, type JobState } from '@artenic/core';
import { lineagePlace } from '../../core/lineage/relations.ts';
import { firstRunState, followJob, hasRunEnded } from '../../core/runs/states.ts';
import { json, type Db } from '../database.ts';
import { writeEdges } from '../lineage/write.ts';
import { latestQuery } from '../metrics/queries.ts';
import type { NewLineageEdge } from '../types.ts';

type Job = {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly state: JobState;
  readonly spec: JobSpec;
  readonly createdBy: string;
  readonly createdAt: Date;
};

/** A version of a dataset that a job reads; `paths` are the patterns of a part of it. */
type Input = { readonly datasetId: string; readonly version: number; readonly paths: readonly string[] | null };

/** One edge for each version, also when the job takes several parts of it. */
function inputEdges(runId: string, inputs: readonly Input[]): readonly NewLineageEdge[] {
  const parts = Map.groupBy(inputs, ({ datasetId, version }) => lineagePlace.datasetVersion(datasetId, version).id);
  return [...parts.values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const isWhole = some.some(({ paths }) => paths === null);
    return [
      {
        ...{ source: lineagePlace.datasetVersion(first.datasetId, first.version), target: lineagePlace.run(runId) },
        ...{ relation: 'input' as const, paths: isWhole ? null : some.flatMap(({ paths }) => paths ?? []) },
      },
    ];
  });
}

/** Part of the transaction that makes the job. */
export async function openRunOfJob(transaction: Db, job: Job, inputs: readonly Input[]): Promise<void> {
  const { id, projectId, name, spec, createdBy, createdAt } = job;
  await transaction
    .insertInto('runs')
    .values({
      ...{ id, projectId, name, jobId: id, status: firstRunState(job.state), triggeredBy: createdBy, createdBy },
      ...{ parameters: json(spec.config), metrics: json({}), createdAt, updatedAt: createdAt },
      ...{ startedAt: null, finishedAt: null, durationSeconds: null },
    })
    .execute();
  await writeEdges(transaction, projectId, inputEdges(id, inputs));
}

async function lastMetrics(transaction: Db, jobId: string): Promise<Readonly<Record<string, number>>> {
  const { rows } = await latestQuery(jobId).execute(transaction);
  const sorted = rows.toSorted((one, other) => (one.name < other.name ? -1 : 1)).slice(0, mostEntityFields);
  return Object.fromEntries(sorted.map(({ name, value }) => [name, value]));
}

type Moved = {
  readonly id: string;
  readonly projectId: string;
  readonly state: JobState;
  readonly stateSince: Date | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
};

/** Part of the transaction that moves the job: the run has the job's times, and its last metrics when it has ended. */
export async function followJobWithRun(transaction: Db, job: Moved): Promise<void> {
  const { id, projectId, state, stateSince, startedAt, finishedAt } = job;
  const row = await transaction
    .selectFrom('runs')
    .select('status')
    .where('projectId', '=', projectId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return;
  const status = followJob(row.status, state);
  if (status === row.status) return;
  await transaction
    .updateTable('runs')
    .set({
      ...{ status, startedAt, updatedAt: stateSince ?? new Date() },
      ...(hasRunEnded(status) && isTerminalJobState(state)
        ? { finishedAt, metrics: json(await lastMetrics(transaction, id)) }
        : {}),
    })
    .where('projectId', '=', projectId)
    .where('id', '=', id)
    .execute();
}
