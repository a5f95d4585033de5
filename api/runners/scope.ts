import { filesOfData, objectKeys } from '@artenic/core';
import type { RunnerCaller } from '../http/route.ts';

/** Key prefix of all checkpoints of this attempt, without the sequence. */
function ownCheckpoints({ attempt }: RunnerCaller): string {
  return objectKeys.checkpoint(attempt.jobId, attempt.attempt, 0).replace(/0{9}\/$/, '');
}

/** The job's own package, data and checkpoints, those of earlier attempts included. */
export function mayRead(caller: RunnerCaller, key: string): boolean {
  const { package: code, data } = caller.job.spec;
  const { jobId } = caller.attempt;
  if (code !== undefined && key === objectKeys.package(code.sha256)) return true;
  if (filesOfData(data).some(({ sha256 }) => key === objectKeys.data(sha256))) return true;
  return key.startsWith(objectKeys.checkpointPrefix(jobId)) || key.startsWith(objectKeys.allSpares(jobId));
}

const dataKey = /^data\/([0-9a-f]{64})$/;

/** The content of a key of data; null for every other key. */
export function sha256OfData(key: string): string | null {
  return dataKey.exec(key)?.[1] ?? null;
}

/** This attempt's own checkpoints, outputs and completion marker. */
export function mayWrite(caller: RunnerCaller, key: string): boolean {
  const { jobId, attempt } = caller.attempt;
  return (
    key === objectKeys.completion(jobId, attempt) ||
    key.startsWith(ownCheckpoints(caller)) ||
    key.startsWith(objectKeys.output(jobId, attempt, '')) ||
    key.startsWith(objectKeys.spares(jobId, attempt))
  );
}

const written = /^jobs\/([^/]+)\/(?:attempts\/(\d{1,9})\/|spares\/(\d{1,9})\/|checkpoints\/(\d{6,9})-)/;

/** The only attempt that may write this key; null for a key that belongs to no attempt. */
export function writerOf(key: string): { readonly jobId: string; readonly attempt: number } | null {
  const [, jobId, ...numbers] = written.exec(key) ?? [];
  const attempt = numbers.find((number) => number !== undefined);
  return jobId === undefined || attempt === undefined ? null : { jobId, attempt: Number(attempt) };
}
