import { createHash, randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, rename, writeFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { JobSpec } from '@artenic/core';
import { startCommand, type CommandEnd } from './command.ts';
import { unpackPackage } from './materials.ts';
import type { RunnerStore } from './object-store.ts';
import type { Stopping } from './stopping.ts';

const run = promisify(execFile);
const readySchema = z.strictObject({ package: z.string(), venv: z.string().nullable(), freeze: z.string().nullable() });
/** A prepared machine: the package as the setup left it, and the Python environment. */
export type Prepared = z.output<typeof readySchema>;

export type SetupResult =
  | { readonly kind: 'ready'; readonly prepared: Prepared | null }
  | { readonly kind: 'ended'; readonly end: CommandEnd };

export type SetupParts = {
  readonly job: JobSpec;
  readonly store: RunnerStore;
  readonly cacheDir: string;
  readonly logFile: string;
  readonly stopping: Stopping;
  readonly environmentFor: (venv: string | null) => Readonly<Record<string, string>>;
};

/** Time between SIGTERM and SIGKILL for a setup that is to stop: it has nothing to save. */
const patienceMs = 2000;

async function pythonVersion(): Promise<string> {
  try {
    const { stdout } = await run('python3', ['--version']);
    return stdout.trim().replace(/^Python /, '');
  } catch {
    return 'none';
  }
}

async function inputsHash(job: JobSpec, python: string): Promise<string> {
  const inputs = {
    setup: job.setup ?? null,
    environment: job.environment,
    package: job.package?.sha256 ?? null,
    platform: platform(),
    arch: arch(),
    node: process.version,
    python,
  };
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
}

/** The commands of the phase, in their order. */
function steps(job: JobSpec, venv: string | null): readonly (string | readonly string[])[] {
  const requirements = job.environment.python?.requirements;
  return [
    ...(venv === null ? [] : [['python3', '-m', 'venv', venv]]),
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
  // The environment's folder is in PATH only once it is there.
  const environment = parts.environmentFor(venv !== null && existsSync(join(venv, 'bin', 'python')) ? venv : null);
  const command = startCommand({ command: step, folder, environment, logFile: parts.logFile });
  let timer: NodeJS.Timeout | undefined;
  const quiet = parts.stopping.onRequest(() => {
    command.signalGroup('SIGTERM');
    timer = setTimeout(() => command.signalGroup('SIGKILL'), patienceMs);
  });
  const end = await command.ended;
  quiet();
  clearTimeout(timer);
  return end;
}

async function freezeOf(venv: string | null): Promise<string | null> {
  if (venv === null) return null;
  const { stdout } = await run(join(venv, 'bin', 'python'), ['-m', 'pip', 'freeze', '--disable-pip-version-check'], {
    maxBuffer: 1 << 24,
  });
  return stdout;
}

/**
 * Runs the setup phase, or takes a result with the same inputs that is on this machine already. Each preparation has a
 * folder of its own and becomes visible by the rename of one small file: two at once do not meet, half a one is never used.
 */
export async function prepare(parts: SetupParts): Promise<SetupResult> {
  const { job } = parts;
  const wanted = job.environment.python;
  if (job.setup === undefined && wanted === undefined) return { kind: 'ready', prepared: null };
  const say = (line: string): void => appendFileSync(parts.logFile, `[artenic] ${line}\n`);
  const python = await pythonVersion();
  if (wanted?.version !== undefined && !python.startsWith(`${wanted.version}.`)) {
    say(`the job wants Python ${wanted.version}, this machine has ${python}`);
    return { kind: 'ended', end: { exitCode: 1, signal: null } };
  }
  const cache = join(parts.cacheDir, 'setups', await inputsHash(job, python));
  const readyFile = join(cache, 'ready.json');
  if (existsSync(readyFile)) {
    const ready = readySchema.parse(JSON.parse(readFileSync(readyFile, 'utf8')));
    if (existsSync(ready.package)) {
      say('already prepared on this machine: setup skipped');
      return { kind: 'ready', prepared: ready };
    }
  }
  const own = join(cache, randomUUID());
  const folder = join(own, 'package');
  const venv = wanted === undefined ? null : join(own, 'venv');
  await mkdir(folder, { recursive: true });
  if (job.package !== undefined) await unpackPackage(parts.store, job.package.sha256, folder);
  for (const step of steps(job, venv)) {
    const end =
      parts.stopping.reason === null ? await runStep(step, folder, parts, venv) : { exitCode: null, signal: 'SIGTERM' };
    if (end.exitCode !== 0) return { kind: 'ended', end };
  }
  const prepared: Prepared = { package: folder, venv, freeze: await freezeOf(venv) };
  await writeFile(join(own, 'ready.json'), JSON.stringify(prepared));
  await rename(join(own, 'ready.json'), readyFile);
  return { kind: 'ready', prepared };
}

/** Each attempt works on a copy, so that what a training writes beside its code stays with that training. */
export async function copyPrepared(prepared: Prepared, folder: string): Promise<void> {
  await cp(prepared.package, folder, { recursive: true, verbatimSymlinks: true, force: true });
}
