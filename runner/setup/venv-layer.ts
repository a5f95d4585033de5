import { execFile } from 'node:child_process';
import { chmod, lstat, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ownEntries: ReadonlySet<string> = new Set(['bin', 'include', 'lib', 'lib64', 'pyvenv.cfg']);
/** Interpreters and activation scripts: those of the layer are its own. */
const ownPrograms = /^(python|activate|Activate)/;
/** Of the first line, with `#!`. */
const longestShebang = 127;

/**
 * A virtual environment of one attempt over a prepared one: what the attempt installs or writes goes into the layer, and
 * the prepared one, which other attempts share, is only read.
 */
export async function layerVenv(base: string, layer: string): Promise<void> {
  await run(join(base, 'bin', 'python'), ['-I', '-m', 'venv', '--without-pip', layer]);
  const lib = await sitePackages(layer);
  const baseLib = await sitePackages(base);
  // By `addsitedir`, so that .pth files of the prepared packages count, too.
  const hook = `import site; site.addsitedir(${JSON.stringify(baseLib)})\n`;
  await writeFile(join(lib, '_artenic_prepared.pth'), hook);
  for (const name of await readdir(base)) if (!ownEntries.has(name)) await symlink(join(base, name), join(layer, name));
  for (const name of await readdir(join(base, 'bin')))
    if (!ownPrograms.test(name)) await layProgram(join(base, 'bin', name), join(layer, 'bin', name), base, layer);
}

async function sitePackages(venv: string): Promise<string> {
  const [version] = (await readdir(join(venv, 'lib'))).filter((name) => name.startsWith('python'));
  if (version === undefined) throw new Error(`${venv} is no virtual environment`);
  return join(venv, 'lib', version, 'site-packages');
}

/** A script that names the prepared interpreter gets the layer's in its place. */
async function layProgram(from: string, to: string, base: string, layer: string): Promise<void> {
  const content = (await readFile(from)).toString('latin1');
  if (!content.startsWith('#!')) return symlink(from, to);
  const [head = '', ...rest] = content.replaceAll(join(base, 'bin'), join(layer, 'bin')).split('\n');
  // Systems cut off longer first lines. As pip writes them then: a shell reads the second line, Python skips it.
  const first = head.length <= longestShebang ? head : `#!/bin/sh\n'''exec' "${head.slice(2).trim()}" "$0" "$@"\n' '''`;
  await writeFile(to, [first, ...rest].join('\n'), { encoding: 'latin1', mode: (await lstat(from)).mode & 0o777 });
}

/** Takes the right to write from all files: a slip in one attempt must not reach the next. */
export async function makeReadOnly(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) await chmod(path, (await lstat(path)).mode & 0o555);
  }
}
