import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandOf, endProcess, identify, isInProcessTable } from '../process-identity.ts';

const patienceMs = 15_000;
/** How long a dead server may wait for its burial: whoever inherits orphans does it when it has time. */
const burialMs = 10_000;

/**
 * PostgreSQL refuses a data folder while the pid in its `postmaster.pid` is in the process table. Two of these are nobody's
 * business but ours: a server that a supervisor was killed too soon to write down, which is ended, and a dead one that is
 * not buried yet, which is waited for. Any other process with that pid is left alone, and PostgreSQL says so itself.
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
