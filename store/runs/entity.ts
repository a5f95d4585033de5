import { runStates, type JsonValue } from '@artenic/core';
import { defineEntity, p } from '@mikro-orm/core';
import { jobs } from '../jobs/entity.ts';

/** One for each job, under the job's id, and those that callers open for trainings elsewhere. */
export const runs = defineEntity({
  name: 'Run',
  tableName: 'runs',
  primaryKeys: ['projectId', 'id'],
  indexes: [
    { name: 'runs_newest_first', properties: ['projectId', 'createdAt', 'id'] },
    { name: 'runs_by_status', properties: ['projectId', 'status', 'createdAt', 'id'] },
    { name: 'runs_by_trigger', properties: ['projectId', 'triggeredBy', 'createdAt', 'id'] },
    {
      name: 'runs_by_shown_id',
      expression: 'create index runs_by_shown_id on runs (project_id, (right(id, 8) collate "C"))',
    },
  ],
  uniques: [{ name: 'runs_of_jobs', properties: ['jobId'], where: 'job_id is not null' }],
  properties: {
    projectId: p.text().primary(),
    id: p.text().primary(),
    name: p.text(),
    status: p.enum(runStates),
    jobId: p.manyToOne(jobs).mapToPk().joinColumn('job_id').index(false).deleteRule('cascade').nullable(),
    triggeredBy: p.text(),
    parameters: p.json<Readonly<Record<string, JsonValue>>>(),
    metrics: p.json<Readonly<Record<string, number>>>(),
    createdBy: p.text(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
    startedAt: p.datetime(3).nullable(),
    finishedAt: p.datetime(3).nullable(),
    /** As a caller has said; null: from start to end. */
    durationSeconds: p.double().$type<number>().nullable(),
  },
});
