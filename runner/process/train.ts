import { rm, writeFile } from 'node:fs/promises';
import type { JobSpec } from '@artenic/core';
import type { CommandEnd } from './command.ts';
import { complain } from '../error-text.ts';
import type { Folders } from '../folders.ts';
import { startProcesses } from './processes.ts';
import { stopPlan } from './stop-plan.ts';
import type { Stopping } from './stopping.ts';

/** Runs the training command until it ends, or until it is killed after a stop request. */
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
  let timers: readonly NodeJS.Timeout[] = [];
  const quiet = stopping.onRequest((reason) => {
    if (reason === 'fenced') return command.signalGroup('SIGKILL');
    // First the stop file, then SIGTERM, then SIGKILL: each a grace later, or sooner when the machine ends. If the file
    // cannot be written, the signals still follow.
    writeFile(folders.stopFile, `${reason}\n`).catch((error: unknown) => complain('writing the stop file', error));
    timers.forEach(clearTimeout);
    const leftMs = stopping.deadline === null ? null : stopping.deadline.getTime() - Date.now();
    const { terminateAfterMs, killAfterMs } = stopPlan(job.stopGraceSeconds * 1000, leftMs);
    timers = [
      setTimeout(() => command.signalGroup('SIGTERM'), terminateAfterMs),
      setTimeout(() => command.signalGroup('SIGKILL'), killAfterMs),
    ];
  });
  const end = await command.ended;
  quiet();
  timers.forEach(clearTimeout);
  return end;
}
