import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from './files.ts';
import { isThere, type Instance } from './instance.ts';
import { environmentOf } from './spawn-runner.ts';

export type SalvageProgram = { readonly nodePath: string; readonly runnerEntry: string };

/** The runner stops by itself after 20 s. A runner that takes longer hangs and is killed. */
const patienceMs = 25_000;

/**
 * Cleans up an instance without processes. First delivers the data that its killed runner could not deliver, then frees
 * the disk. If the API is unreachable, the folder stays for an operator.
 */
export async function salvage(instance: Instance, program: SalvageProgram): Promise<void> {
  const { work, bootstrap } = instance.files;
  if (!(await isThere(work))) return;
  // the runner removes its token when everything has been delivered
  const isComplete = !(await isThere(join(work, 'control', 'token')));
  if (!isComplete && !(await drain(instance, program))) return;
  await removeTree(work);
  await rm(bootstrap, { force: true });
}

function drain(instance: Instance, { nodePath, runnerEntry }: SalvageProgram): Promise<boolean> {
  const log = openSync(instance.files.log, 'a', 0o600);
  try {
    const child = spawn(
      nodePath,
      ['--disable-warning=ExperimentalWarning', runnerEntry, '--drain', instance.files.bootstrap],
      {
        cwd: instance.folder,
        // without the attempt's marks, because this process does not belong to the instance, which is gone
        env: environmentOf(null),
        stdio: ['ignore', log, log],
        timeout: patienceMs,
        killSignal: 'SIGKILL',
      },
    );
    return new Promise((done) => {
      child.once('error', () => done(false));
      child.once('exit', (code) => done(code === 0));
    });
  } finally {
    closeSync(log);
  }
}
