import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ArtenicClient } from '@artenic/client';
import type { DataItem, JobSpecInput, JobView } from '@artenic/core';
import { CliError } from '../cli-error.ts';
import type { LoadedJob } from '../job-file/job-file.ts';
import { packFolder } from '../job-file/pack.ts';
import { uploadFile, type Talk } from '../job-file/upload.ts';

/** Packs and uploads the files that the job file names; objects that the server has are not sent again. */
async function uploadMaterials(client: ArtenicClient, job: LoadedJob, talk: Talk): Promise<JobSpecInput> {
  const { package: packageFolder, data, ...rest } = job.file;
  const uploaded: DataItem[] = [];
  for (const item of data) {
    if ('dataset' in item) {
      uploaded.push(item);
      continue;
    }
    const { name, file = '', sha256 } = item;
    if (sha256 !== undefined) {
      uploaded.push({ name, sha256 });
      continue;
    }
    const path = resolve(job.folder, file);
    if (!existsSync(path)) throw new CliError('usage', `data file ${path} not found`);
    if (!statSync(path).isFile()) throw new CliError('usage', `${path} under data is not a file`);
    uploaded.push({ name, sha256: await uploadFile(client, 'data', path, talk) });
  }
  if (packageFolder === undefined) return { ...rest, data: uploaded };
  if (typeof packageFolder !== 'string') return { ...rest, data: uploaded, package: packageFolder };
  const packed = await packFolder(resolve(job.folder, packageFolder));
  const sent = await client.objects.upload('packages', packed.sha256, () => packed.bytes as Uint8Array<ArrayBuffer>);
  talk.say(
    `${sent ? 'uploaded' : 'already uploaded:'} package of ${packed.files} file${packed.files === 1 ? '' : 's'}`,
  );
  return { ...rest, data: uploaded, package: { sha256: packed.sha256 } };
}

/** Uploads and submits; a repeated key returns the same job. */
export async function submitJob(
  client: ArtenicClient,
  job: LoadedJob,
  talk: Talk,
  idempotencyKey?: string,
): Promise<JobView> {
  const spec = await uploadMaterials(client, job, talk);
  return client.jobs.submit(spec, idempotencyKey === undefined ? {} : { idempotencyKey });
}
