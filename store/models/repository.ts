import type { ModelStage } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import { whyNotServed } from '../../core/models/hold.ts';
import { firstStage, mayMove, replacedStage, verbOfMove } from '../../core/models/stages.ts';
import { inTransaction, json, type Db } from '../database.ts';
import type { ModelsRepository, ModelVersionRecord, NewModelVersion, StageChange } from '../types.ts';
import { appendAudit } from '../audit/repository.ts';
import { appendEvent } from '../events/repository.ts';
import { best, compared } from './best.ts';
import { findVersions, list, newestVersions, requireModel, stageHistory, versions } from './pages.ts';
import { edit, remove, setFile } from './edit.ts';
import { getVersion, lockModel, selectVersions, toVersion, updateVersion } from './rows.ts';
import { edgesOfVersion, moveStageEdge, writeEdges } from '../lineage/write.ts';

async function production(db: Db, projectId: string, name: string): Promise<ModelVersionRecord | null> {
  const row = await selectVersions(db, projectId, name).where('stage', '=', 'production').executeTakeFirst();
  return row === undefined ? null : toVersion(row);
}

/** Creates a missing model and locks it: changes of one model happen one after another. */
async function makeAndLock(transaction: Db, { projectId, model, createdAt }: NewModelVersion): Promise<number> {
  const row = await transaction
    .insertInto('models')
    .values({ projectId, name: model, latestVersion: 0, createdAt })
    .onConflict((conflict) =>
      conflict
        .columns(['projectId', 'name'])
        .doUpdateSet((set) => ({ latestVersion: set.ref('models.latestVersion') })),
    )
    .returning('latestVersion')
    .executeTakeFirstOrThrow();
  return row.latestVersion;
}

function register(db: Db, registration: NewModelVersion): Promise<ModelVersionRecord> {
  const { projectId, model, jobId, createdBy, createdAt } = registration;
  return inTransaction(db, async (transaction) => {
    const version = (await makeAndLock(transaction, registration)) + 1;
    if (jobId !== null) {
      const made = await selectVersions(transaction, projectId, model).where('jobId', '=', jobId).executeTakeFirst();
      if (made !== undefined) return toVersion(made);
    }
    const row = await transaction
      .insertInto('model_versions')
      .values({
        ...registration,
        version,
        stage: firstStage,
        bytes: BigInt(registration.bytes),
        signature: json(registration.signature),
        metrics: json(registration.metrics),
        tags: json(registration.tags ?? []),
        metadata: json(registration.metadata ?? {}),
        external: json(registration.external ?? null),
      })
      .onConflict((conflict) =>
        conflict.columns(['projectId', 'chosenId']).where('chosenId', 'is not', null).doNothing(),
      )
      .returningAll()
      .executeTakeFirst();
    if (row === undefined)
      throw new ArtenicError('conflict', `There is a model version with the id ${registration.chosenId ?? ''}.`);
    await transaction
      .updateTable('models')
      .set({ latestVersion: version })
      .where('projectId', '=', projectId)
      .where('name', '=', model)
      .execute();
    const change: StageChange = {
      ...{ projectId, name: model, version, to: firstStage, by: createdBy, at: createdAt },
      reason:
        jobId === null ? (registration.sha256 === null ? 'without a file' : 'uploaded') : `trained by job ${jobId}`,
    };
    await record(transaction, change, null);
    await writeEdges(transaction, projectId, edgesOfVersion(model, version, jobId));
    await appendEvent(transaction, {
      projectId,
      topic: 'models',
      kind: 'model.version',
      subject: model,
      data: { projectId, version, jobId },
    });
    return toVersion(row);
  });
}

async function record(transaction: Db, change: StageChange, fromStage: ModelStage | null): Promise<void> {
  const { projectId, name, version, to, by, at, reason } = change;
  await transaction
    .insertInto('stage_changes')
    .values({ projectId, model: name, version, fromStage, toStage: to, changedBy: by, changedAt: at, reason })
    .execute();
  const subject = `${name}/${version}`;
  await appendAudit(transaction, { verb: verbOfMove(fromStage, to), subject, projectId, details: { reason } });
}

async function move(transaction: Db, change: StageChange, from: ModelStage): Promise<void> {
  const { projectId, name, version, to, reason } = change;
  await updateVersion(transaction, change).set({ stage: to }).execute();
  await record(transaction, change, from);
  await moveStageEdge(transaction, { projectId, model: name, version }, to === firstStage ? null : to);
  await appendEvent(transaction, {
    projectId,
    topic: 'models',
    kind: 'model.stage',
    subject: name,
    data: { projectId, version, from, to, reason },
  });
}

function setStage(db: Db, change: StageChange): Promise<ModelVersionRecord> {
  const { projectId, name, version, to } = change;
  return inTransaction(db, async (transaction) => {
    await lockModel(transaction, projectId, name);
    const current = await getVersion(transaction, change);
    if (current.stage === to) return current;
    if (!mayMove(current.stage, to))
      throw new ArtenicError('conflict', `Version ${version} of ${name} is retired; register it again to use it.`);
    const refusal = to === 'production' ? whyNotServed(current) : null;
    if (refusal !== null) throw new ArtenicError('conflict', `Version ${version} of ${name} ${refusal}.`);
    const before = to === 'production' ? await production(transaction, projectId, name) : null;
    if (before !== null) {
      const back: StageChange = { ...change, version: before.version, to: replacedStage };
      await move(transaction, { ...back, reason: `version ${version} went to production` }, before.stage);
    }
    await move(transaction, change, current.stage);
    return { ...current, stage: to };
  });
}

export function createModels(db: Db): ModelsRepository {
  return {
    register: (version) => register(db, version),
    list: (query) => list(db, query),
    get: (projectId, name) => requireModel(db, projectId, name),
    versions: (query) => versions(db, query),
    newestVersions: (projectId, names, limit) => newestVersions(db, projectId, names, limit),
    getVersion: (projectId, name, version) => getVersion(db, { projectId, name, version }),
    production: (projectId, name) => production(db, projectId, name),
    setStage: (change) => setStage(db, change),
    find: (query) => findVersions(db, query),
    byChosenId: async (projectId, id) => {
      const found = db.selectFrom('model_versions').selectAll().where('projectId', '=', projectId);
      const row = await found.where('chosenId', '=', id).executeTakeFirst();
      return row === undefined ? null : toVersion(row);
    },
    compared: (query) => compared(db, query),
    best: (query, direction) => best(db, query, direction),
    edit: (place, change) => edit(db, place, change),
    setFile: (place, file) => setFile(db, place, file),
    remove: (place, isLoaded) => remove(db, place, isLoaded),
    stageHistory: (query) => stageHistory(db, query),
  };
}
