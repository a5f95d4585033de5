import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ArtenicClient } from '@artenic/client';
import { formatSize, shortId, type JobView, type OutputFile } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../../cli-error.ts';
import { hashOf } from '../../job-file/hash.ts';
import { placeBelow, saveWhole, sizeOf } from '../../job-file/save.ts';
import type { Look } from '../../output/look.ts';
import { bar } from '../../output/output.ts';
import { shownPath } from '../../output/shown-path.ts';
import { table } from '../../output/table.ts';
import type { Runtime } from '../../runtime.ts';
import { wholeNumber } from '../numbers.ts';

type Options = { readonly to?: string; readonly attempt?: string; readonly overwrite?: true; readonly list?: true };
type Saved = OutputFile & {
  readonly file: string;
  readonly sha256: string;
  readonly state: 'downloaded' | 'already downloaded';
  /** The hash was compared with the registry's, or only the size with the list's. */
  readonly checked: 'sha256' | 'size';
};

/** Files of one attempt: the newest one that left any, or the one that was asked for. */
function ofAttempt(files: readonly OutputFile[], asked: number | undefined): readonly OutputFile[] {
  const attempt = asked ?? files.reduce((newest, file) => Math.max(newest, file.attempt), 0);
  return files.filter((file) => file.attempt === attempt);
}

/** The named files, and everything below the named folders. */
function wanted(files: readonly OutputFile[], names: readonly string[]): readonly OutputFile[] {
  if (names.length === 0) return files;
  const clean = names.map((name) => name.replace(/\/$/, ''));
  for (const name of clean)
    if (!files.some(({ path }) => path === name || path.startsWith(`${name}/`)))
      throw new CliError(
        'negative',
        `no artifact ${name}; the job has: ${files
          .map(({ path }) => path)
          .slice(0, 20)
          .join(', ')}`,
      );
  return files.filter(({ path }) => clean.some((name) => path === name || path.startsWith(`${name}/`)));
}

/** The registry's hash of the job's model, by its path; null when the job has no registered model. */
async function knownHash(
  client: ArtenicClient,
  job: JobView,
): Promise<{ readonly path: string; readonly sha256: string } | null> {
  if (job.result === null) return null;
  const version = await client.models.version(job.result.model, job.result.version);
  return version.jobId === job.id && version.sha256 !== null
    ? { path: job.spec.outputs.model?.path ?? 'model.onnx', sha256: version.sha256 }
    : null;
}

function outputTable(look: Look, files: readonly OutputFile[]): string {
  return table(
    look,
    [
      { name: 'ATTEMPT', cell: ({ attempt }) => String(attempt), isNumber: true },
      { name: 'SIZE', cell: ({ bytes }) => formatSize(bytes), isNumber: true },
      { name: 'ARTIFACT', cell: ({ path }) => path },
    ],
    files,
  );
}

type Save = {
  readonly job: JobView;
  readonly target: string;
  readonly known: { readonly path: string; readonly sha256: string } | null;
  readonly mayOverwrite: boolean;
};

async function saveOne(runtime: Runtime, item: OutputFile, save: Save): Promise<Saved> {
  const file = placeBelow(save.target, item.path);
  const size = sizeOf(file);
  const expected = save.known?.path === item.path ? save.known.sha256 : null;
  const checked = expected === null ? ('size' as const) : ('sha256' as const);
  if (size === item.bytes) {
    const sha256 = await hashOf(file);
    if (expected === null || expected === sha256)
      return { ...item, file, sha256, checked, state: 'already downloaded' };
  }
  if (size !== null && !save.mayOverwrite)
    throw new CliError('negative', `${file} already exists with other content; --overwrite replaces it`);
  const output = runtime.output();
  const onBytes = (arrived: number): void =>
    output.meter(`${bar(item.bytes === 0 ? 1 : arrived / item.bytes)} ${item.path}`);
  const identity = JSON.stringify([save.job.id, item.attempt, item.path]);
  const { sha256 } = await saveWhole(file, { bytes: item.bytes, identity, onBytes }, (read, offset) =>
    runtime.client().jobs.readOutput(save.job.id, item, read, offset),
  );
  if (expected !== null && sha256 !== expected) {
    rmSync(file);
    throw new CliError('negative', `${item.path}: its SHA-256 is ${sha256}, the registry has ${expected}; removed`);
  }
  output.endProgress();
  return { ...item, file, sha256, checked, state: 'downloaded' };
}

async function download(runtime: Runtime, id: string, names: readonly string[], options: Options): Promise<void> {
  const client = runtime.client();
  const asked = options.attempt === undefined ? undefined : wholeNumber('attempt', options.attempt);
  const [job, outputs] = await Promise.all([client.jobs.get(id), client.jobs.outputs(id)]);
  const output = runtime.output();
  if (options.list === true)
    return output.result(outputs, (look) => (outputs.length === 0 ? 'No artifacts.' : outputTable(look, outputs)));
  const files = ofAttempt(outputs, asked);
  if (files.length === 0)
    throw new CliError(
      'negative',
      `job ${runtime.look().id(job.id)} has no artifacts; they appear when an attempt ends`,
    );
  const target = options.to ?? join('.', `${job.service}-${shortId(job.id)}`);
  const known = await knownHash(client, job);
  const saved: Saved[] = [];
  for (const item of wanted(files, names)) {
    const one = await saveOne(runtime, item, { job, target, known, mayOverwrite: options.overwrite === true });
    if (!output.json) output.line(one, `${one.state}: ${shownPath(one.file)} (${formatSize(one.bytes)})\n`);
    saved.push(one);
  }
  if (output.json) output.result(saved, () => '');
}

export function addDownload(jobs: Command, runtime: Runtime): void {
  jobs
    .command('download')
    .argument('<id>')
    .argument('[path...]', 'Files or folders to download; all without it')
    .option('--to <folder>', 'Target folder (default: <service>-<end of the id>)')
    .option('--attempt <number>', 'Artifacts of this attempt (default: the newest with artifacts)')
    .option('--overwrite', 'Replace files that have other content')
    .option('--list', 'List the artifacts; download nothing')
    .description('Download the artifacts of a job; files that exist already are not sent again')
    .action((id: string, names: string[], options: Options) => download(runtime, id, names, options));
}
