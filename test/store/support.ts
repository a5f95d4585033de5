import { randomBytes } from 'node:crypto';
import { jobSpecSchema, type JobSpecInput } from '@artenic/core';
import { attemptIdOf, uuidv7 } from '../../core/ids.ts';
import { openOrm } from '../../store/orm.ts';
import { createStore } from '../../store/store.ts';
import type { ActingStore, JobRecord, ProjectPrincipal } from '../../store/types.ts';
import { createTestDatabase } from '../setup/database.ts';

export const principal: ProjectPrincipal = { kind: 'key', id: 'key-1', name: 'admin', projectId: 'default' };
export const offer = {
  ...{ provider: 'local', region: 'local', instanceType: 'machine', spot: false },
  priceUsdMicrosPerHour: 0,
};
export const at = (seconds: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));

export function newId(): string {
  return uuidv7(Date.now(), randomBytes(10));
}

export async function openTestStore(poolMax?: number): Promise<{
  readonly store: ActingStore;
  readonly orm: Awaited<ReturnType<typeof openOrm>>;
  readonly url: string;
  readonly close: () => Promise<void>;
}> {
  const { url, drop } = await createTestDatabase();
  const orm = await openOrm({ databaseUrl: url, ...(poolMax === undefined ? {} : { poolMax }) });
  const close = async () => {
    await orm.close(true);
    await drop();
  };
  return { store: createStore(orm).as(principal), orm, url, close };
}

export function insertJob(
  store: ActingStore,
  spec: Partial<JobSpecInput> = {},
  job: { readonly id?: string; readonly projectId?: string; readonly createdAt?: Date } = {},
): Promise<JobRecord> {
  const { id = newId(), projectId = 'default', createdAt = new Date() } = job;
  return store.jobs.insert({
    ...{ id, name: spec.name ?? 'iris #1', createdAt, principal: { ...principal, projectId } },
    spec: jobSpecSchema.parse({ service: 'iris', command: 'true', ...spec }),
  });
}

/** Inserts a job with its first attempt. */
export async function insertAttempt(
  store: ActingStore,
): Promise<{ readonly jobId: string; readonly attemptId: string }> {
  const { id: jobId } = await insertJob(store);
  const attemptId = attemptIdOf(jobId, 1);
  await store.attempts.open({ id: attemptId, jobId, attempt: 1, offer, reason: 'first attempt', createdAt: at(0) });
  return { jobId, attemptId };
}

/** Numbers all committed events, and returns them. */
export async function allEvents(store: ActingStore) {
  await store.events.sequence();
  return store.events.after(0n, 100_000);
}
