// Folders below .artenic-tools that are filled once, even when several processes need them at the same time.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const waitMs = 900_000;

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
export function run(command, args, env = process.env) {
  const answer = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env });
  if (answer.error !== undefined) throw new Error(`${command} cannot be started: ${answer.error.message}`);
  if (answer.status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed: ${`${answer.stdout}${answer.stderr}`.trim().slice(-2000)}`);
}

/** @param {string} lock */
function isAbandoned(lock) {
  try {
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0);
    return false;
  } catch (error) {
    // Without the file, the lock's owner is about to write it.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
}

/**
 * Path of the folder `.artenic-tools/<name>`, filled by `install`. An error of `install` is thrown to the caller.
 * @param {string} root folder of the clone
 * @param {string} name
 * @param {string} lockName processes with the same lock wait for each other
 * @param {(target: string) => void} install
 * @returns {string}
 */
export function installOnce(root, name, lockName, install) {
  const tools = join(root, '.artenic-tools');
  const target = join(tools, name);
  const installed = join(target, 'installed');
  // Python programs contain the path of their folder, so a clone that was moved installs them again.
  const isInstalled = () => existsSync(installed) && readFileSync(installed, 'utf8') === target;
  if (isInstalled()) return target;
  mkdirSync(tools, { recursive: true });
  const lock = join(tools, `${lockName}.lock`);
  const deadline = Date.now() + waitMs;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (isInstalled()) return target;
      if (Date.now() > deadline) throw error;
      if (isAbandoned(lock)) rmSync(lock, { recursive: true, force: true });
      spawnSync('sleep', ['0.5']);
    }
  }
  try {
    writeFileSync(join(lock, 'pid'), String(process.pid));
    if (isInstalled()) return target;
    rmSync(target, { recursive: true, force: true });
    install(target);
    writeFileSync(installed, target);
    return target;
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}
