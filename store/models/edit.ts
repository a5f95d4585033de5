import { isTerminalJobState } from '@artenic/core';
import { ArtenicError } from '../../core/errors.ts';
import { lineagePlace } from '../../core/lineage/relations.ts';
import { changeDetails, type ModelDetailsChange } from '../../core/models/details.ts';
import { whyKept } from '../../core/models/hold.ts';
import { appendAudit } from '../audit/repository.ts';
import { inTransaction, json, type Db } from '../database.ts';
import { holders } from '../entity/base.ts';
import { appendEvent } from '../events/repository.ts';
import { dropOwnedEdges } from '../lineage/write.ts';
import type { ModelFile, ModelVersionRecord, VersionPlace } from '../types.ts';
import { findVersion, getVersion, lockModel, updateVersion } from './rows.ts';

const subjectOf = ({ name, version }: VersionPlace): string => `${name}/${version}`;

async function appendChange(
  transaction: Db,
  kind: 'model.changed' | 'model.deleted',
  place: VersionPlace,
): Promise<void> {
  const { projectId, name, version } = place;
  await appendEvent(transaction, { projectId, topic: 'models', kind, subject: name, data: { projectId, version } });
}

export function edit(db: Db, place: VersionPlace, change: ModelDetailsChange): Promise<ModelVersionRecord> {
  const { projectId, name } = place;
  return inTransaction(db, async (transaction) => {
    await lockModel(transaction, projectId, name);
    const current = await getVersion(transaction, place);
    const { after, differences } = changeDetails(current, change);
    if (Object.keys(differences).length === 0) return current;
    const { metadata, metrics, tags, ...texts } = after;
    await updateVersion(transaction, place)
      .set({ ...texts, metadata: json(metadata), metrics: json(metrics), tags: json(tags) })
      .execute();
    const subject = subjectOf(place);
    await appendAudit(transaction, { verb: 'model.change', subject, projectId, details: differences });
    await appendChange(transaction, 'model.changed', place);
    return { ...current, ...after };
  });
}

/** Gives the version its file. A version that has one keeps it. */
export function setFile(db: Db, place: VersionPlace, file: ModelFile): Promise<ModelVersionRecord> {
  const { projectId, name, version } = place;
  const { sha256, bytes, format, signature } = file;
  return inTransaction(db, async (transaction) => {
    await lockModel(transaction, projectId, name);
    const current = await getVersion(transaction, place);
    if (current.sha256 === sha256) return current;
    if (current.sha256 !== null)
      throw new ArtenicError(
        'conflict',
        `Version ${version} of ${name} has a file, which never changes: register a new version.`,
      );
    if (current.stage === 'retired')
      throw new ArtenicError('conflict', `Version ${version} of ${name} is retired: it takes no file.`);
    await updateVersion(transaction, place)
      .set({ sha256, bytes: BigInt(bytes), format, signature: json(signature) })
      .execute();
    const details = { 'file after': sha256 };
    await appendAudit(transaction, { verb: 'model.change', subject: subjectOf(place), projectId, details });
    await appendChange(transaction, 'model.changed', place);
    return { ...current, ...file };
  });
}

async function isOpen(transaction: Db, jobId: string | null): Promise<boolean> {
  if (jobId === null) return false;
  const job = await transaction.selectFrom('jobs').select('state').where('id', '=', jobId).executeTakeFirst();
  return job !== undefined && !isTerminalJobState(job.state);
}

/** Numbers of deleted versions are not given again: the lineage and the audit log name them. */
export function remove(db: Db, place: VersionPlace, isLoaded: (sha256: string) => boolean): Promise<void> {
  const { projectId, name, version } = place;
  return inTransaction(db, async (transaction) => {
    const latest = await lockModel(transaction, projectId, name);
    const found = await findVersion(transaction, place);
    if (found === null && latest !== null && version <= latest) return;
    const { stage, jobId, sha256 } = found ?? (await getVersion(transaction, place));
    const node = lineagePlace.modelVersion(name, version);
    const refusal = whyKept({
      stage,
      isLoaded: sha256 !== null && isLoaded(sha256),
      isJobOpen: await isOpen(transaction, jobId),
      holders: await holders(transaction, projectId, node),
    });
    if (refusal !== null) throw new ArtenicError('conflict', `Version ${version} of ${name} ${refusal}.`);
    await dropOwnedEdges(transaction, projectId, node);
    await transaction
      .deleteFrom('lineage_edges')
      .where('projectId', '=', projectId)
      .where('targetKind', '=', node.kind)
      .where('targetId', '=', node.id)
      .where('relation', '=', 'version')
      .execute();
    await transaction
      .deleteFrom('model_versions')
      .where('projectId', '=', projectId)
      .where('model', '=', name)
      .where('version', '=', version)
      .execute();
    await appendAudit(transaction, {
      ...{ verb: 'model.delete' as const, subject: subjectOf(place), projectId },
      details: { stage, sha256 },
    });
    await appendChange(transaction, 'model.deleted', place);
  });
}
