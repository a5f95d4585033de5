import { jobStates, type JobSpec } from '@artenic/core';
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
  ],
  properties: {
    id: p.text().primary(),
    projectId: p.text(),
    createdBy: p.text(),
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
    stopAt: p.datetime(3).nullable(),
    workflowStartedAt: p.datetime(3).nullable(),
    historyKeptAt: p.datetime(3).nullable(),
    checkpointsCollectedAt: p.datetime(3).nullable(),
    detailsCollectedAt: p.datetime(3).nullable(),
    heldAt: p.datetime(3).nullable(),
    signals: p.json<SignalState>().nullable(),
  },
});
