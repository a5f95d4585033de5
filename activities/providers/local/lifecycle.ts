import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ArtenicError, isArtenicError } from '../../../core/errors.ts';
import type { InstanceDescription } from '../provider.ts';
import { errorCode } from '../../error-code.ts';
import { writeOnce } from './files.ts';
import { isThere, readEnded, readRecord, timeOf, type Ended, type Instance, type InstanceRecord } from './instance.ts';
import type { ProcessIdentity, ProcessTable } from './processes.ts';

/** The kernel needs milliseconds. For a process that hangs longer (a lost network disk), the caller retries. */
const killPatienceMs = 10_000;
const killPauseMs = 10;
const lockPatienceMs = 5000;
const heldExitCode = 1;
const run = promisify(execFile);

/** Null if neither files nor processes of the instance exist. Throws `unknown-state`. */
export async function describeInstance(instance: Instance, table: ProcessTable): Promise<InstanceDescription | null> {
  const ended = await readEnded(instance);
  if (ended !== null) return describeAs(instance, 'gone', ended);
  const record = await readRecord(instance);
  if (record === null) {
    if (await isThere(instance.files.identity)) return describeAs(instance, 'starting');
    // the folder has been removed, but its processes may still run
    return (await table.find(instance)).length > 0 ? describeAs(instance, 'running') : null;
  }
  const isStopping = await isThere(instance.files.terminateRequested);
  if (await isRunnerAlive(instance, record, table)) return describeAs(instance, isStopping ? 'stopping' : 'running');
  const left = await findLeft(instance, table);
  if (left.length === 0) return describeAs(instance, 'gone', await seal(instance, isStopping ? 'request' : 'itself'));
  // an instance without its runner has ended, because its remaining processes can report no result
  for (const identity of left) kill(identity.pid);
  return describeAs(instance, 'stopping');
}

/** Idempotent. An instance that has not started cannot start after this call. */
export async function terminateInstance(instance: Instance, table: ProcessTable): Promise<void> {
  if ((await readEnded(instance)) !== null) return;
  if (!(await isThere(instance.files.identity))) {
    await killAll(instance, null, table);
    return;
  }
  const record = await recordOrNone(instance);
  const hasBegun = record !== null && !('neverStarted' in record);
  if (hasBegun && !(await isRunnerAlive(instance, record, table)) && (await findLeft(instance, table)).length === 0) {
    await seal(instance, 'itself');
    return;
  }
  await writeOnce(instance.files.terminateRequested, '');
  // a concurrent start finds the record taken and exits
  await writeOnce(instance.files.record, JSON.stringify({ neverStarted: true }));
  if (await killAll(instance, await recordOrNone(instance), table)) await seal(instance, 'request');
}

/** False if processes are left after `killPatienceMs`. */
async function killAll(instance: Instance, record: InstanceRecord | null, table: ProcessTable): Promise<boolean> {
  const deadlineMs = performance.now() + killPatienceMs;
  for (;;) {
    const hasRunner = record !== null && 'pid' in record && (await isRunnerAlive(instance, record, table));
    // the group first, so that no process in it can react to the end of another
    if (hasRunner) kill(-record.pid);
    const left = await findLeft(instance, table);
    if (left.length === 0 && !hasRunner) return true;
    if (performance.now() > deadlineMs) return false;
    for (const { pid } of left) kill(pid);
    await sleep(killPauseMs);
  }
}

/** Null also for an invalid record; terminating and listing then rely on the processes alone. */
export async function recordOrNone(instance: Instance): Promise<InstanceRecord | null> {
  try {
    return await readRecord(instance);
  } catch (error) {
    if (isArtenicError(error, 'unknown-state')) return null;
    throw error;
  }
}

/**
 * Throws `transient` for a living runner whose processes are not visible: it runs in another container on the same
 * home, and that container's worker is responsible. The lock tells if the runner lives, as its end releases the lock.
 */
async function isRunnerAlive(instance: Instance, record: InstanceRecord, table: ProcessTable): Promise<boolean> {
  if (!('pid' in record) || record.bootId !== table.bootId()) return false;
  const { pidNamespace, isLocked } = record;
  if (pidNamespace === undefined || pidNamespace === table.pidNamespace()) return table.isAlive(record);
  if (isLocked === true && !(await isHeld(instance.files.alive))) return false;
  throw new ArtenicError('transient', `${instance.attemptId} runs in another container on the same home.`);
}

/** Also true while the file does not exist, because the runner is about to create and lock it. */
async function isHeld(path: string): Promise<boolean> {
  if (!(await isThere(path))) return true;
  try {
    await run('flock', ['--nonblock', path, 'true'], { timeout: lockPatienceMs });
    return false;
  } catch (error) {
    // only this exit code of `flock` means that the lock is held; no `instanceof`: the error may be of another realm
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === heldExitCode) return true;
    throw error;
  }
}

/** Looks twice before it returns an empty list, because a process shows no environment for a moment during `exec`. */
async function findLeft(instance: Instance, table: ProcessTable): Promise<readonly ProcessIdentity[]> {
  const left = await table.find(instance);
  return left.length > 0 ? left : table.find(instance);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** Records for good that no process is left. Terminating the instance frees its disk. */
async function seal(instance: Instance, endedBy: Ended['endedBy']): Promise<Ended> {
  const ended: Ended = { endedBy, endedAt: new Date().toISOString() };
  await writeOnce(instance.files.ended, JSON.stringify(ended));
  return (await readEnded(instance)) ?? ended;
}

export async function describeAs(
  instance: Instance,
  state: InstanceDescription['state'],
  ended: Ended | null = null,
): Promise<InstanceDescription> {
  const launchedAt = await timeOf(instance.files.record);
  return {
    handle: instance.handle,
    state,
    endedBy: ended?.endedBy ?? null,
    launchedAt: launchedAt?.toISOString() ?? null,
    endedAt: ended?.endedAt ?? null,
    preemption: null,
  };
}
