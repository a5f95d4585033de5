import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { appendFileSync, existsSync } from 'node:fs';
import { chmod, constants, cp, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { JobSpec } from '@artenic/core';
import { startCommand, type CommandEnd } from '../process/command.ts';
import { errorCode } from '../error-text.ts';
import { unpackPackage } from './materials.ts';
import type { RunnerStore } from '../storage/object-store.ts';
import { findPython, freezeOf, type Python } from '../process/python.ts';
import { sweepSetups } from './leftovers.ts';
import { makeReadOnly } from './venv-layer.ts';
import type { Stopping } from '../process/stopping.ts';

const readySchema = z.strictObject({ package: z.string(), venv: z.string().nullable(), freeze: z.string().nullable() });
/** A finished preparation: the package as the setup left it, and the Python environment. */
export type Prepared = z.output<typeof readySchema>;

export type SetupResult =
  | { readonly kind: 'ready'; readonly prepared: Prepared | null }
  | { readonly kind: 'ended'; readonly end: CommandEnd; readonly why: string | null };

export type SetupParts = {
  readonly job: JobSpec;
  readonly store: RunnerStore;
  readonly secrets: Readonly<Record<string, string>>;
  readonly cacheDir: string;
  readonly logFile: string;
  readonly stopping: Stopping;
  readonly environmentFor: (venv: string | null) => Readonly<Record<string, string>>;
};

/** Time between SIGTERM and SIGKILL for a setup that is stopped: it has nothing to save. */
const patienceMs = 2000;

/**
 * Hash of all inputs of a preparation. Setup commands see the secrets and may leave them in files, so only a job with
 * the same secrets and values gets the result. The key of the secrets' HMAC stays on this machine, so the folder's name
 * reveals no value.
 */
async function inputsHash(
  { job, secrets, cacheDir }: Pick<SetupParts, 'job' | 'secrets' | 'cacheDir'>,
  python: Python | null,
): Promise<string> {
  const named = Object.entries(secrets).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const inputs = {
    secrets:
      named.length === 0
        ? null
        : createHmac('sha256', await cacheKey(cacheDir))
            .update(JSON.stringify(named))
            .digest('hex'),
    setup: job.setup ?? null,
    environment: job.environment,
    env: Object.entries(job.env).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    package: job.package?.sha256 ?? null,
    platform: platform(),
    arch: arch(),
    node: process.version,
    python: python?.version ?? null,
  };
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
}

/** Created once for each machine; if two runners create it at the same time, the first one counts. */
async function cacheKey(cacheDir: string): Promise<Buffer> {
  const file = join(cacheDir, 'setups', '.key');
  const own = `${file}.${randomUUID()}`;
  try {
    return await readFile(file);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  await writeFile(own, randomBytes(32), { mode: 0o600, flush: true });
  try {
    await link(own, file);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(own, { force: true });
  }
  return readFile(file);
}

/** Makes a folder readable by its owner only, even if an older version created it readable for all. */
async function makePrivate(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
}

/** Commands of the setup phase, in their order. */
function steps(job: JobSpec, venv: string | null, python: Python | null): readonly (string | readonly string[])[] {
  const requirements = job.environment.python?.requirements;
  return [
    ...(venv === null ? [] : [[python?.program ?? 'python3', '-m', 'venv', venv]]),
    ...(venv === null || requirements === undefined
      ? []
      : [[join(venv, 'bin', 'python'), '-m', 'pip', 'install', '--disable-pip-version-check', '-r', requirements]]),
    ...(job.setup === undefined ? [] : [job.setup]),
  ];
}

async function runStep(
  step: string | readonly string[],
  folder: string,
  parts: SetupParts,
  venv: string | null,
): Promise<CommandEnd> {
  // The environment's folder is in PATH only once it exists.
  const environment = parts.environmentFor(venv !== null && existsSync(join(venv, 'bin', 'python')) ? venv : null);
  const command = startCommand({ command: step, folder, environment, logFile: parts.logFile });
  let timer: NodeJS.Timeout | undefined;
  const quiet = parts.stopping.onRequest((reason) => {
    if (reason === 'fenced') return command.signalGroup('SIGKILL');
    command.signalGroup('SIGTERM');
    timer = setTimeout(() => command.signalGroup('SIGKILL'), patienceMs);
  });
  const end = await command.ended;
  quiet();
  clearTimeout(timer);
  return end;
}

/** Null when there is no whole preparation: it was never made, or it was removed to free space. */
async function readReady(readyFile: string): Promise<Prepared | null> {
  let text: string;
  try {
    text = await readFile(readyFile, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
  const ready = readySchema.parse(JSON.parse(text));
  return existsSync(ready.package) && (ready.venv === null || existsSync(ready.venv)) ? ready : null;
}

/**
 * If two runners prepare the same inputs at the same time, the first result counts; the second runner removes its own
 * and uses the first.
 */
async function publish(own: string, readyFile: string, prepared: Prepared): Promise<Prepared> {
  const written = join(own, 'ready.json');
  await writeFile(written, JSON.stringify(prepared), { flush: true });
  try {
    await link(written, readyFile);
    if (prepared.venv !== null) await makeReadOnly(prepared.venv);
    return prepared;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  const first = await readReady(readyFile);
  if (first === null) {
    await rename(written, readyFile);
    if (prepared.venv !== null) await makeReadOnly(prepared.venv);
    return prepared;
  }
  await rm(own, { recursive: true, force: true });
  return first;
}

/**
 * Runs the setup phase, or reuses a result with the same inputs on this machine. Each preparation has its own folder
 * and becomes visible when one small file appears. So two preparations at the same time do not collide, and an
 * unfinished one is never used.
 */
export async function prepare(parts: SetupParts): Promise<SetupResult> {
  const { job } = parts;
  const wanted = job.environment.python;
  if (job.setup === undefined && wanted === undefined) return { kind: 'ready', prepared: null };
  const say = (line: string): void => appendFileSync(parts.logFile, `[artenic] ${line}\n`);
  const python = await findPython(wanted?.version);
  if (wanted?.version !== undefined && python?.version.startsWith(`${wanted.version}.`) !== true) {
    const why = `The job wants Python ${wanted.version}, this machine has ${python?.version ?? 'none'}`;
    say(why);
    return { kind: 'ended', end: { exitCode: 1, signal: null }, why };
  }
  await makePrivate(parts.cacheDir);
  await makePrivate(join(parts.cacheDir, 'setups'));
  const cache = join(parts.cacheDir, 'setups', await inputsHash(parts, python));
  const readyFile = join(cache, 'ready.json');
  const ready = await readReady(readyFile);
  if (ready !== null) {
    say('already prepared on this machine: setup skipped');
    return { kind: 'ready', prepared: ready };
  }
  await sweepSetups(join(parts.cacheDir, 'setups'));
  const own = join(cache, randomUUID());
  try {
    const result = await prepareIn(own, parts, python);
    if (result.kind === 'ended') await rm(own, { recursive: true, force: true });
    else if (result.prepared !== null)
      return { kind: 'ready', prepared: await publish(own, readyFile, result.prepared) };
    return result;
  } catch (error) {
    await rm(own, { recursive: true, force: true });
    throw error;
  }
}

async function prepareIn(own: string, parts: SetupParts, python: Python | null): Promise<SetupResult> {
  const { job } = parts;
  const folder = join(own, 'package');
  const venv = job.environment.python === undefined ? null : join(own, 'venv');
  await mkdir(folder, { recursive: true });
  if (job.package !== undefined) await unpackPackage(parts.store, job.package.sha256, folder);
  for (const step of steps(job, venv, python)) {
    const end =
      parts.stopping.reason === null ? await runStep(step, folder, parts, venv) : { exitCode: null, signal: null };
    if (end.exitCode !== 0) return { kind: 'ended', end, why: null };
  }
  const freeze = venv === null ? null : await freezeOf(venv);
  return { kind: 'ready', prepared: { package: folder, venv, freeze } };
}

/** Each attempt works on a copy, so that files a training writes beside its code stay with that training. */
export async function copyPrepared(prepared: Prepared, folder: string): Promise<void> {
  await cp(prepared.package, folder, {
    recursive: true,
    verbatimSymlinks: true,
    force: true,
    mode: constants.COPYFILE_FICLONE,
  });
}
