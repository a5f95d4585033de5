import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandOf, endProcess, identify, isInProcessTable } from '../process-identity.ts';

const patienceMs = 15_000;
/** Time for a dead server to leave the process table: the process that inherits orphans reaps it with a delay. */
const burialMs = 10_000;

/**
 * PostgreSQL refuses a data folder while the pid in its `postmaster.pid` is in the process table. Two such cases belong
 * to this stack: a server whose supervisor was killed before it could record it is ended here, and a dead server that
 * is not reaped yet is waited for. Any other process with that pid is left alone, and PostgreSQL itself reports it.
 */
export async function endEarlierPostgres(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n', 1)[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  const identity = identify(pid);
  if (identity !== null && !commandOf(pid).includes(folder)) return;
  if (identity !== null) await endProcess(identity, 'SIGINT', patienceMs);
  const deadline = Date.now() + burialMs;
  while (isInProcessTable(pid) && Date.now() < deadline) await sleep(20);
}
