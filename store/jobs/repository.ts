import { filesOfData, isTerminalJobState, modelNameOf, objectKeys, type JobSpec, type JobState } from '@artenic/core';
import { sql, type RawBuilder, type Selectable, type UpdateObject } from 'kysely';
import { ArtenicError } from '../../core/errors.ts';
import { jobEnded } from '../../core/jobs/ended.ts';
import { withProgress } from '../../core/jobs/time-left.ts';
import { indexEntriesOf } from '../../core/jobs/words.ts';
import { mayTransition } from '../../core/jobs/transitions.ts';
import { inTransaction, json, storable, type Db } from '../database.ts';
import type { SignalState } from '../../core/signals/reduce.ts';
import type { Database } from '../entities.ts';
import type { JobInsert, JobRecord, JobsRepository, OpenJobsQuery, ProgressReport } from '../types.ts';
import { createBlocked } from './blocked.ts';
import { appendAudit } from '../audit/repository.ts';
import { holdVersions } from '../datasets/of-jobs.ts';
import { appendEvent } from '../events/repository.ts';
import { list } from './list.ts';
import { onlyPlacement } from './placement.ts';
import { refreshCosts } from './costs.ts';
import { withIdPart } from './id-parts.ts';
import { newestConfig, nextNumber, noteService } from './names.ts';
import { followJobWithRun, openRunOfJob } from '../runs/of-job.ts';
import { noticeWatchers } from '../outbox/repository.ts';

type JobRow = Selectable<Database['jobs']>;
type JobChange = UpdateObject<Database, 'jobs'>;

/** The states in which the job's own setup, command or collection runs. */
const startedStates: readonly JobState[] = ['setup', 'running', 'collecting'];

function jobNotFound(id: string): ArtenicError {
  return new ArtenicError('not-found', `There is no job ${id}.`);
}

async function find(db: Db, id: string): Promise<JobRow | null> {
  return (await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
}

async function lockJob(transaction: Db, id: string): Promise<JobRow> {
  const row = await transaction.selectFrom('jobs').selectAll().where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
  if (row === undefined) throw jobNotFound(id);
  return row;
}

async function update(db: Db, id: string, change: JobChange): Promise<JobRow> {
  const row = await db.updateTable('jobs').set(change).where('id', '=', id).returningAll().executeTakeFirst();
  if (row === undefined) throw jobNotFound(id);
  return row;
}

function tell(transaction: Db, job: JobRow, from: JobState | null): Promise<void> {
  const { name, state, message, service, currentAttempt, resultModel, resultVersion } = job;
  return appendEvent(transaction, {
    topic: 'jobs',
    kind: 'job.state',
    subject: job.id,
    data: { name, state, from, message, service, attempt: currentAttempt, resultModel, resultVersion },
  });
}

type Worded = Pick<JobRow, 'id' | 'name' | 'service' | 'model' | 'spec' | 'message'>;

function wordsOf({ spec, ...job }: Worded): RawBuilder<string> {
  return sql<string>`array_to_tsvector(${indexEntriesOf({ ...job, labels: spec.labels })}::text[])`;
}

async function move(transaction: Db, job: JobRow, to: JobState, change: JobChange): Promise<JobRow> {
  const message = typeof change.message === 'string' ? change.message : job.message;
  const moved = await update(transaction, job.id, {
    ...change,
    ...(message === job.message ? {} : { words: wordsOf({ ...job, message }) }),
    state: to,
    stateSince: sql<Date>`clock_timestamp()`,
    startedAt: startedStates.includes(to) ? sql<Date>`coalesce(started_at, clock_timestamp())` : job.startedAt,
    finishedAt: isTerminalJobState(to) ? sql<Date>`clock_timestamp()` : null,
  });
  await followJobWithRun(transaction, moved);
  await tell(transaction, moved, job.state);
  if (isTerminalJobState(to)) await noticeWatchers(transaction, jobEnded(moved, to));
  return moved;
}

/** The collector keeps the objects that a job needs as long as the job refers to them. */
async function referTo(transaction: Db, jobId: string, spec: JobSpec): Promise<void> {
  const keys = [
    ...(spec.package === undefined ? [] : [objectKeys.package(spec.package.sha256)]),
    ...filesOfData(spec.data).map(({ sha256 }) => objectKeys.data(sha256)),
  ];
  if (keys.length === 0) return;
  const refs = [...new Set(keys)].map((key) => ({ key, jobId }));
  await transaction.insertInto('object_refs').values(refs).execute();
}

/** For a repeated submit, for example after a lost answer. */
function sameJob(known: JobRow | null, { id, principal }: JobInsert): JobRow {
  if (known?.projectId !== principal.projectId) throw new ArtenicError('conflict', `There is another job ${id}.`);
  return known;
}

function insert(db: Db, job: JobInsert): Promise<JobRow> {
  const { id, name, spec, principal, createdAt } = job;
  return inTransaction(db, async (transaction) => {
    const made = await transaction
      .insertInto('jobs')
      .values({
        id,
        name,
        projectId: principal.projectId,
        createdBy: principal.name,
        service: spec.service,
        model: modelNameOf(spec),
        spec: json(spec),
        words: wordsOf({ id, name, service: spec.service, model: modelNameOf(spec), spec, message: '' }),
        ...onlyPlacement(spec),
        state: 'queued',
        stateSince: createdAt,
        message: '',
        priority: spec.priority,
        currentAttempt: 0,
        createdAt,
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returningAll()
      .executeTakeFirst();
    if (made === undefined) return sameJob(await find(transaction, id), job);
    await noteService(transaction, principal.projectId, spec.service);
    await referTo(transaction, id, spec);
    await openRunOfJob(transaction, made);
    await holdVersions(transaction, made, job.datasets ?? []);
    await tell(transaction, made, null);
    const { projectId, service } = made;
    await appendAudit(transaction, { verb: 'job.submit', subject: id, projectId, details: { service } });
    return made;
  });
}

async function setSignals(transaction: Db, id: string, signals: SignalState): Promise<JobRow> {
  const { heldAt: before } = await lockJob(transaction, id);
  const heldAt = signals.hold?.isHeld === true ? new Date(signals.hold.atMs) : null;
  const job = await update(transaction, id, { signals: json(signals), heldAt });
  if ((before === null) !== (heldAt === null)) await tell(transaction, job, job.state);
  return job;
}

async function setProgress(db: Db, id: string, progress: number, by?: ProgressReport): Promise<void> {
  if (by === undefined) return void (await update(db, id, { progress }));
  const before = by.track ?? [];
  const track = withProgress(before, [by.attempt, by.at.getTime(), progress]);
  await db
    .updateTable('jobs')
    .set({ progress, ...(track === before ? {} : { progressTrack: json(track) }) })
    .where('id', '=', id)
    .where('currentAttempt', '=', by.attempt)
    .execute();
}

const openJobs = (db: Db, { olderThan, limit, after }: OpenJobsQuery) =>
  db
    .selectFrom('jobs')
    .select(['id', 'name', 'service', 'createdAt', 'workflowStartedAt', 'cancelRequestedAt', 'cancelNowAt'])
    .select('cancelDeliveredAt')
    .where('finishedAt', 'is', null)
    .where('createdAt', '<', olderThan)
    .$if(after !== undefined, (select) =>
      select.where(sql<boolean>`(created_at, id) > (${after?.createdAt}::timestamptz, ${after?.id})`),
    )
    .orderBy('createdAt')
    .orderBy('id')
    .limit(limit);

const requestCancel = (db: Db, id: string, by: string, at: Date, isNow: boolean): Promise<JobRecord> =>
  inTransaction(db, async (transaction) => {
    const job = await lockJob(transaction, id);
    if (isTerminalJobState(job.state))
      throw new ArtenicError('conflict', `The job has ended already: it is \`${job.state}\`.`);
    const isFirst = job.cancelRequestedAt === null;
    const isFaster = isNow && job.cancelNowAt === null;
    if (isFirst || isFaster) {
      const details = { by, ...(isNow ? { now: true } : {}) };
      await appendAudit(transaction, { verb: 'job.cancel', subject: id, projectId: job.projectId, details });
    }
    const request: JobChange = {
      ...(isFirst ? { cancelRequestedAt: at, cancelRequestedBy: by } : {}),
      ...(isFaster ? { cancelNowAt: at, cancelDeliveredAt: null } : {}),
    };
    const message = `Cancel requested by ${by}${isNow ? ', without the grace for a last checkpoint' : ''}.`;
    if (mayTransition(job.state, 'cancelling')) return move(transaction, job, 'cancelling', { ...request, message });
    return isFirst || isFaster ? update(transaction, id, request) : job;
  });

export function createJobs(db: Db): JobsRepository {
  return {
    insert: (job) => insert(db, job),
    find: (id) => find(db, id),
    get: async (id) => {
      const job = await find(db, id);
      if (job === null) throw jobNotFound(id);
      return job;
    },
    withIdPart: (projectId, digits, limit) => withIdPart(db, projectId, digits, limit),
    newestConfig: (projectId, service) => newestConfig(db, projectId, service),
    nextNumber: (projectId, service) => nextNumber(db, projectId, service),
    list: (query) => list(db, query),
    transition: (id, to, options = {}) =>
      inTransaction(db, async (transaction) => {
        const job = await lockJob(transaction, id);
        if (!mayTransition(job.state, to)) return job;
        const { message = '', ...result } = options;
        return move(transaction, job, to, { message: storable(message), ...result });
      }),
    requestCancel: (id, by, at, { isNow = false } = {}) => requestCancel(db, id, by, at, isNow),
    moveFence: async (id, attempt) => {
      await update(db, id, { currentAttempt: sql<number>`greatest(current_attempt, ${attempt}::int)` });
    },
    setStopAt: async (id, stopAt) => {
      await update(db, id, { stopAt });
    },
    setProgress: (id, progress, by) => setProgress(db, id, progress, by),
    ...createBlocked(db),
    holdFence: async (id) => {
      const row = await db
        .selectFrom('jobs')
        .select('currentAttempt')
        .where('id', '=', id)
        .forShare()
        .executeTakeFirst();
      if (row === undefined) throw jobNotFound(id);
      return row.currentAttempt;
    },
    lock: (id) => lockJob(db, id),
    setSignals: (id, signals) => inTransaction(db, (transaction) => setSignals(transaction, id, signals)),
    refreshCosts: (jobIds, now) => refreshCosts(db, jobIds, now),
    markWorkflowStarted: async (id, at) => {
      await update(db, id, { workflowStartedAt: sql<Date>`coalesce(workflow_started_at, ${at})` });
    },
    withoutHistory: async ({ olderThan, limit }) =>
      db
        .selectFrom('jobs')
        .selectAll()
        .where('finishedAt', '<', olderThan)
        .where('historyKeptAt', 'is', null)
        .orderBy('finishedAt')
        .orderBy('id')
        .limit(limit)
        .execute(),
    markHistoryKept: async (id, at) => {
      await db.updateTable('jobs').set({ historyKeptAt: at }).where('id', '=', id).execute();
    },
    markCancelDelivered: async (id, at) => {
      await update(db, id, { cancelDeliveredAt: sql<Date>`coalesce(cancel_delivered_at, ${at})` });
    },
    open: (query) => openJobs(db, query).execute(),
    undelivered: ({ olderThan, ...query }) =>
      openJobs(db, { olderThan, ...query })
        .where((of) =>
          of.or([
            of('workflowStartedAt', 'is', null),
            of.and([of('cancelRequestedAt', '<', olderThan), of('cancelDeliveredAt', 'is', null)]),
          ]),
        )
        .execute(),
  };
}
