import { jobStates, markets, type JobSpec } from '@artenic/core';
import { defineEntity, p } from '@mikro-orm/core';
import type { ProgressTrack } from '../../core/jobs/time-left.ts';
import type { SignalState } from '../../core/signals/reduce.ts';

export const jobs = defineEntity({
  name: 'Job',
  tableName: 'jobs',
  indexes: [
    { name: 'jobs_newest_first', properties: ['projectId', 'createdAt', 'id'] },
    { name: 'jobs_open_by_state', properties: ['projectId', 'state'], where: 'finished_at is null' },
    { name: 'jobs_open', properties: ['createdAt', 'id'], where: 'finished_at is null' },
    {
      name: 'jobs_without_history',
      properties: ['finishedAt', 'id'],
      where: 'finished_at is not null and history_kept_at is null',
    },
    {
      name: 'jobs_with_checkpoints',
      properties: ['finishedAt', 'id'],
      where: 'finished_at is not null and checkpoints_collected_at is null',
    },
    {
      name: 'jobs_with_details',
      properties: ['finishedAt', 'id'],
      where: 'finished_at is not null and details_collected_at is null',
    },
    { name: 'jobs_finished', properties: ['finishedAt', 'id'], where: 'finished_at is not null' },
    { name: 'jobs_ended_by_day', properties: ['projectId', 'finishedAt'], where: 'finished_at is not null' },
    {
      name: 'jobs_undelivered',
      properties: ['createdAt', 'id'],
      where:
        'finished_at is null and (workflow_started_at is null or (cancel_requested_at is not null and cancel_delivered_at is null))',
    },
    {
      name: 'jobs_by_id_beginning',
      expression: `create index jobs_by_id_beginning on jobs (project_id, (replace(id, '-', '') collate "C"))`,
    },
    {
      name: 'jobs_by_id_end',
      expression: `create index jobs_by_id_end on jobs (project_id, (reverse(replace(id, '-', '')) collate "C"))`,
    },
    {
      name: 'jobs_by_shown_id',
      expression: 'create index jobs_by_shown_id on jobs (project_id, (right(id, 8) collate "C"))',
    },
    {
      name: 'jobs_by_name',
      expression: 'create index jobs_by_name on jobs (project_id, (lower(name) collate "C"), created_at, id)',
    },
    { name: 'jobs_by_service', properties: ['projectId', 'service', 'createdAt', 'id'] },
    { name: 'jobs_by_state', properties: ['projectId', 'state', 'createdAt', 'id'] },
    { name: 'jobs_by_provider', properties: ['projectId', 'provider', 'createdAt', 'id'] },
    { name: 'jobs_by_market', properties: ['projectId', 'market', 'createdAt', 'id'] },
    { name: 'jobs_by_user', properties: ['projectId', 'createdBy', 'createdAt', 'id'] },
    { name: 'jobs_by_cost', properties: ['projectId', 'costUsdMicros', 'createdAt', 'id'] },
    {
      name: 'jobs_by_duration',
      expression:
        'create index jobs_by_duration on jobs (project_id, (extract(epoch from (finished_at - created_at))), created_at, id) where finished_at is not null',
    },
    { name: 'jobs_open_by_age', properties: ['projectId', 'createdAt', 'id'], where: 'finished_at is null' },
    { name: 'jobs_words', properties: ['words'], type: 'gin' },
  ],
  properties: {
    id: p.text().primary(),
    name: p.text(),
    projectId: p.text(),
    createdBy: p.text(),
    /** Entries under which a search finds the job (`core/jobs/words.ts`). */
    words: p.text().columnType('tsvector'),
    provider: p.text().nullable(),
    market: p.enum(markets).nullable(),
    costUsdMicros: p.bigint().defaultRaw('0'),
    service: p.text(),
    model: p.text(),
    spec: p.json<JobSpec>(),
    state: p.enum(jobStates),
    stateSince: p.datetime(3).nullable(),
    message: p.text(),
    priority: p.integer(),
    currentAttempt: p.integer(),
    progress: p.double().$type<number>().nullable(),
    progressTrack: p.json<ProgressTrack>().nullable(),
    resultModel: p.text().nullable(),
    resultVersion: p.integer().nullable(),
    createdAt: p.datetime(3),
    startedAt: p.datetime(3).nullable(),
    finishedAt: p.datetime(3).nullable(),
    cancelRequestedAt: p.datetime(3).nullable(),
    cancelRequestedBy: p.text().nullable(),
    cancelDeliveredAt: p.datetime(3).nullable(),
    cancelNowAt: p.datetime(3).nullable(),
    stopAt: p.datetime(3).nullable(),
    workflowStartedAt: p.datetime(3).nullable(),
    historyKeptAt: p.datetime(3).nullable(),
    checkpointsCollectedAt: p.datetime(3).nullable(),
    detailsCollectedAt: p.datetime(3).nullable(),
    heldAt: p.datetime(3).nullable(),
    signals: p.json<SignalState>().nullable(),
  },
});

/** A row for each service that has had a job, with the last number that a default name of its jobs took. */
export const services = defineEntity({
  name: 'Service',
  tableName: 'services',
  primaryKeys: ['projectId', 'service'],
  indexes: [
    {
      name: 'services_words',
      expression:
        "create index services_words on services using gin (to_tsvector('simple'::regconfig, translate(service, '._-', '   ')))",
    },
  ],
  properties: { projectId: p.text().primary(), service: p.text().primary(), lastNumber: p.integer() },
});
