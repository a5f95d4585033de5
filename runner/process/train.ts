import { rm } from 'node:fs/promises';
import type { JobSpec } from '@artenic/core';
import { writeWhole } from '@artenic/core/write-whole';
import type { CommandEnd } from './command.ts';
import { complain } from '../error-text.ts';
import type { Folders } from '../folders.ts';
import { startProcesses } from './processes.ts';
import { stopPlan } from './stop-plan.ts';
import type { Stopping } from './stopping.ts';

/** Writes the file whole, because the command may read it as soon as it exists. The signals follow even if this fails. */
function writeStopFile(folders: Folders, reason: string): void {
  try {
    writeWhole(folders.stopFile, `${reason}\n`);
  } catch (error) {
    complain('writing the stop file', error);
  }
}

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
    if (reason === 'fenced' || stopping.isNow) {
      timers.forEach(clearTimeout);
      return command.signalGroup('SIGKILL');
    }
    // First the stop file, then SIGTERM, then SIGKILL: each a grace later, or sooner when the machine ends.
    writeStopFile(folders, reason);
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
