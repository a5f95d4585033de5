import { execFile } from 'node:child_process';
import { chmod, lstat, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ownEntries: ReadonlySet<string> = new Set(['bin', 'include', 'lib', 'lib64', 'pyvenv.cfg']);
/** Interpreters and activation scripts: the layer has its own. */
const ownPrograms = /^(python|activate|Activate)/;
/** Length limit of the first line, including `#!`. */
const longestShebang = 127;

/**
 * Creates a virtual environment of one attempt over a prepared one. Files that the attempt installs or writes go into
 * the layer; the prepared environment, which other attempts share, is only read.
 */
export async function layerVenv(base: string, layer: string): Promise<void> {
  await run(join(base, 'bin', 'python'), ['-I', '-m', 'venv', '--without-pip', layer]);
  const lib = await sitePackages(layer);
  const baseLib = await sitePackages(base);
  // `addsitedir` also processes the .pth files of the prepared packages.
  const hook = `import site; site.addsitedir(${JSON.stringify(baseLib)})\n`;
  await writeFile(join(lib, '_artenic_prepared.pth'), hook);
  for (const name of await readdir(base)) if (!ownEntries.has(name)) await symlink(join(base, name), join(layer, name));
  for (const name of await readdir(join(base, 'bin')))
    if (!ownPrograms.test(name)) await layProgram(join(base, 'bin', name), join(layer, 'bin', name), base, layer);
}

async function sitePackages(venv: string): Promise<string> {
  const [version] = (await readdir(join(venv, 'lib'))).filter((name) => name.startsWith('python'));
  if (version === undefined) throw new Error(`${venv} is not a virtual environment`);
  return join(venv, 'lib', version, 'site-packages');
}

/** In a script that names the prepared interpreter, replaces it by the layer's. */
async function layProgram(from: string, to: string, base: string, layer: string): Promise<void> {
  const content = (await readFile(from)).toString('latin1');
  if (!content.startsWith('#!')) return symlink(from, to);
  const [head = '', ...rest] = content.replaceAll(join(base, 'bin'), join(layer, 'bin')).split('\n');
  // Systems cut off longer first lines. Use the same form as pip: a shell runs the second line, Python skips it.
  const first = head.length <= longestShebang ? head : `#!/bin/sh\n'''exec' "${head.slice(2).trim()}" "$0" "$@"\n' '''`;
  await writeFile(to, [first, ...rest].join('\n'), { encoding: 'latin1', mode: (await lstat(from)).mode & 0o777 });
}

/** Removes write permission from all files, so that a mistake in one attempt cannot affect the next. */
export async function makeReadOnly(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) await chmod(path, (await lstat(path)).mode & 0o555);
  }
}
