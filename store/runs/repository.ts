import { mostEntityFields } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import { hasRunEnded, mayRunBecome } from '../../core/runs/states.ts';
import { json, type Db } from '../database.ts';
import { entityBase } from '../entity/base.ts';
import type { NewRunRecord, RunRecord, RunsRepository, RunUpdate } from '../types.ts';

function startAndEnd(status: RunRecord['status'], at: Date): Pick<RunRecord, 'startedAt' | 'finishedAt'> {
  return { startedAt: status === 'queued' ? null : at, finishedAt: hasRunEnded(status) ? at : null };
}

function toRow({ parameters, metrics, ...run }: NewRunRecord) {
  const { status, createdAt } = run;
  return {
    ...{ ...run, parameters: json(parameters), metrics: json(metrics) },
    ...{ jobId: null, updatedAt: createdAt, durationSeconds: null, ...startAndEnd(status, createdAt) },
  };
}

function refuseOfJob({ id, jobId }: RunRecord): void {
  if (jobId !== null)
    throw new ArtenicError(
      'conflict',
      `The run ${id} is that of a job: it follows the job, and is not changed itself.`,
    );
}

function changeOf(before: RunRecord, change: RunUpdate, at: Date) {
  refuseOfJob(before);
  const { status = before.status, durationSeconds = before.durationSeconds } = change;
  if (status !== before.status && !mayRunBecome(before.status, status))
    throw new ArtenicError('conflict', `A run that is ${before.status} cannot become ${status}.`);
  const metrics = { ...before.metrics, ...change.metrics };
  if (Object.keys(metrics).length > mostEntityFields)
    throw new ArtenicError('conflict', `A run may have ${mostEntityFields} metrics.`);
  const now = startAndEnd(status, at);
  return {
    ...{ status, durationSeconds, metrics: json(metrics), updatedAt: at },
    startedAt: before.startedAt ?? now.startedAt,
    finishedAt: before.finishedAt ?? now.finishedAt,
  };
}

export function createRuns(db: Db): RunsRepository {
  const base = entityBase(db, {
    ...{ table: 'runs', noun: 'run' },
    verbs: { create: 'run.create', change: 'run.change', delete: 'run.delete' },
    detailsOf: ({ name, status }) => ({ name, status }),
  });
  return {
    insert: (run) => base.insert(toRow(run)),
    get: (projectId, ref) => base.get(projectId, ref),
    list: ({ status, triggeredBy, ...query }) => base.list({ ...query, filters: { status, triggeredBy } }),
    update: (projectId, id, change, at) => base.update(projectId, id, (before) => changeOf(before, change, at)),
    remove: (projectId, id) =>
      base.remove(projectId, id, (run) =>
        run.jobId === null ? null : `The run ${id} is that of a job: it goes with the job.`,
      ),
  };
}
