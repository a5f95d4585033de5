import { rm, writeFile } from 'node:fs/promises';
import type { JobSpec } from '@artenic/core';
import type { CommandEnd } from './command.ts';
import { complain } from './error-text.ts';
import type { Folders } from './folders.ts';
import { startProcesses } from './processes.ts';
import type { Stopping } from './stopping.ts';

/** Runs the training command to its end, or to the end of its patience after a stop was asked for. */
export async function train(parts: {
  readonly job: JobSpec;
  readonly runId: string;
  readonly folders: Folders;
  readonly environment: Readonly<Record<string, string>>;
  readonly stopping: Stopping;
}): Promise<CommandEnd> {
  const { job, folders, stopping } = parts;
  await rm(folders.stopFile, { force: true });
  const command = await startProcesses({
    command: job.command,
    folder: folders.package,
    environment: parts.environment,
    logFile: folders.logs.training,
    processes: job.resources.processes,
    runId: parts.runId,
  });
  const timers: NodeJS.Timeout[] = [];
  const graceMs = job.stopGraceSeconds * 1000;
  const quiet = stopping.onRequest((reason) => {
    if (reason === 'fenced') return command.signalGroup('SIGKILL');
    // The stop file first, then SIGTERM, then SIGKILL: each a grace later. Without the file there are still the others.
    writeFile(folders.stopFile, `${reason}\n`).catch((error: unknown) => complain('writing the stop file', error));
    timers.push(
      setTimeout(() => command.signalGroup('SIGTERM'), graceMs),
      setTimeout(() => command.signalGroup('SIGKILL'), 2 * graceMs),
    );
  });
  const end = await command.ended;
  quiet();
  timers.forEach(clearTimeout);
  return end;
}
