import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from './files.ts';
import { isThere, type Instance } from './instance.ts';
import { environmentOf } from './spawn-runner.ts';

export type SalvageProgram = { readonly nodePath: string; readonly runnerEntry: string };

/** The runner gives up after 20 s by itself; what hangs beyond that is killed. */
const patienceMs = 25_000;

/**
 * Takes down an instance of which no process is left: what its runner could not deliver any more (it was killed) is
 * delivered from its disk first, then the disk is given back. With the API away the folder stays, for a person to look at.
 */
export async function salvage(instance: Instance, program: SalvageProgram): Promise<void> {
  const { work, bootstrap } = instance.files;
  if (!(await isThere(work))) return;
  // The runner removes its token when everything has been delivered.
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
        // Without the attempt's marks: this is no process of the instance, which is gone.
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
