import { checkpointManifestSchema, jsonOrNull, objectKeys, type CheckpointManifest } from '@artenic/core';
import { isArtenicError } from '../../core/errors.ts';
import type { ObjectStorage } from '../../core/object-storage.ts';
import {
  dueStages,
  goesIn,
  keptCheckpoints,
  needlessCheckpoints,
  type CheckpointPlace,
  type JobStage,
} from '../../core/retention/due.ts';
import { nothing, type Collected } from '../../core/retention/report.ts';
import { objectKindOf, type Periods } from '../../core/retention/rules.ts';
import type { CollectorDeps, Round } from './round.ts';
import { measure, removeAll } from './objects.ts';

const periodOf: Readonly<Record<JobStage, keyof Periods>> = {
  checkpoints: 'checkpointsMs',
  details: 'detailsMs',
  job: 'jobsMs',
};

/** A dry run ends after this many objects, because a caller waits for it. */
const mostLooks = 2000;

/** Objects go first: the next round finds rows without objects, but never objects without rows. */
export async function collectJobs(deps: CollectorDeps, round: Round, stage: JobStage): Promise<Collected> {
  const { store, storage, periods, now } = deps;
  const at = now();
  const isDue = (facts: Parameters<typeof dueStages>[0]): boolean => dueStages(facts, at.getTime(), periods).has(stage);
  const endedBefore = new Date(at.getTime() - periods[periodOf[stage]]);
  const ids = await store.retention.dueJobs(stage, endedBefore, round.limit);
  let { items, rows, objects, bytes } = nothing;
  for (const id of ids) {
    if (round.isDryRun && objects >= mostLooks) return { items, rows, objects, bytes, isMore: true };
    const facts = await store.retention.facts(id);
    if (facts === null || !isDue(facts)) continue;
    const keys = (await storage.list(`jobs/${id}/`)).filter((key) => goesIn(stage, objectKindOf(key)));
    const found = await measure(storage, keys);
    items += 1;
    objects += found.objects;
    bytes += found.bytes;
    if (round.isDryRun) {
      rows += await store.retention.countRows(stage, id);
      continue;
    }
    await removeAll(storage, keys);
    rows += await store.retention.finishStage(stage, id, at, isDue);
  }
  return { items, rows, objects, bytes, isMore: ids.length === round.limit };
}

/** Longer manifests are not given to runners either. */
const manifestBytes = 4_000_000;

/** Null for a missing or damaged manifest: such a checkpoint cannot be restored. */
async function readManifest(
  storage: ObjectStorage,
  jobId: string,
  { attempt, sequence }: CheckpointPlace,
): Promise<CheckpointManifest | null> {
  try {
    const bytes = await storage.read(objectKeys.checkpointManifest(jobId, attempt, sequence), manifestBytes);
    return checkpointManifestSchema.safeParse(jsonOrNull(new TextDecoder().decode(bytes))).data ?? null;
  } catch (error) {
    if (isArtenicError(error, 'not-found') || isArtenicError(error, 'payload-too-large')) return null;
    throw error;
  }
}

/**
 * The checkpoint's own objects: beside its manifest, and under the spare names of its attempt. The manifest comes
 * first.
 */
async function keysOf(storage: ObjectStorage, jobId: string, place: CheckpointPlace): Promise<readonly string[]> {
  const { attempt, sequence } = place;
  const manifestKey = objectKeys.checkpointManifest(jobId, attempt, sequence);
  const spares = objectKeys.spares(jobId, attempt);
  const manifest = await readManifest(storage, jobId, place);
  const elsewhere = (manifest?.files ?? []).flatMap(({ key }) => (key.startsWith(spares) ? [key] : []));
  const beside = await storage.list(objectKeys.checkpoint(jobId, attempt, sequence));
  return [manifestKey, ...beside.filter((key) => key !== manifestKey), ...elsewhere];
}

async function collectOfJob(deps: CollectorDeps, jobId: string, isDryRun: boolean): Promise<Collected> {
  const { store, storage, now } = deps;
  const { places, openAttempts } = await store.retention.checkpoints(jobId);
  const kept = new Set<string>();
  const looked = [];
  let whole = 0;
  for (const place of places) {
    // After the newest whole checkpoints this no longer matters.
    const manifest = whole < keptCheckpoints ? await readManifest(storage, jobId, place) : null;
    if (manifest !== null) whole++;
    for (const { key } of manifest?.files ?? []) kept.add(key);
    looked.push({ ...place, isWhole: manifest !== null });
  }
  const needless = needlessCheckpoints(looked, openAttempts);
  let { objects, bytes } = nothing;
  for (const place of needless) {
    const keys = (await keysOf(storage, jobId, place)).filter((key) => !kept.has(key));
    const found = await measure(storage, keys);
    objects += found.objects;
    bytes += found.bytes;
    if (isDryRun) continue;
    // The manifest is deleted first: a checkpoint without it does not exist, so a half removed checkpoint is never
    // restored.
    for (const key of keys.slice(0, 1)) await storage.delete(key);
    await removeAll(storage, keys.slice(1));
  }
  if (!isDryRun && needless.length > 0) await store.retention.markCheckpointsCollected(jobId, needless, now());
  return { ...nothing, items: needless.length, objects, bytes };
}

/** For living jobs: removes checkpoints of earlier attempts that newer checkpoints have replaced. */
export async function collectOldCheckpoints(deps: CollectorDeps, { isDryRun, limit }: Round): Promise<Collected> {
  let { items, objects, bytes } = nothing;
  for (let after = ''; ;) {
    const ids = await deps.store.retention.jobsWithOldCheckpoints(after, limit);
    for (const id of ids) {
      const found = await collectOfJob(deps, id, isDryRun);
      items += found.items;
      objects += found.objects;
      bytes += found.bytes;
    }
    after = ids.at(-1) ?? after;
    if (ids.length < limit) return { ...nothing, items, objects, bytes };
  }
}
