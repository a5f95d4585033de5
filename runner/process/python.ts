import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Python = { readonly program: string; readonly version: string };

async function ask(program: string): Promise<Python | null> {
  try {
    const { stdout } = await run(program, ['--version']);
    return { program, version: stdout.trim().replace(/^Python /, '') };
  } catch {
    // Python is not installed, or a version manager's launcher has no such version: both mean that there is none.
    return null;
  }
}

/** The Python of this machine that fits `wanted` (`3.11`), else its own; null when there is none at all. */
export async function findPython(wanted: string | undefined): Promise<Python | null> {
  const exact = wanted === undefined ? null : await ask(`python${wanted}`);
  return exact ?? (await ask('python3'));
}

/** The installed packages as a requirements file that reproduces them. */
export async function freezeOf(venv: string): Promise<string> {
  const args = ['-m', 'pip', 'freeze', '--disable-pip-version-check'];
  const { stdout } = await run(join(venv, 'bin', 'python'), args, { maxBuffer: 1 << 24 });
  return stdout;
}
