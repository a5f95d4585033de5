// Builds the dashboard when what it is made of has changed. Node built-ins only: it runs on the user's Node 20.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { constants, gzipSync } from 'node:zlib';

const sources = ['web/index.html', 'web/vite.config.ts', 'web/public', 'web/src', 'sdk/core', 'package-lock.json'];

/** @param {string} path @returns {string[]} */
function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.name !== 'dist' && entry.name !== 'node_modules')
    .flatMap((entry) => filesUnder(join(path, entry.name)))
    .sort();
}

/** @param {string} root */
function fingerprint(root) {
  const hash = createHash('sha256');
  for (const file of sources.flatMap((source) => filesUnder(join(root, source)))) {
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/** What is sent often is compressed once. @param {string} folder */
function compress(folder) {
  for (const file of filesUnder(folder).filter((name) => /\.(?:js|css|html|svg)$/.test(name)))
    writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: constants.Z_BEST_COMPRESSION }));
}

/**
 * The folder that the API serves, `web/dist`, as its sources say; false when it was so already.
 * @param {string} root folder of the clone
 * @returns {boolean}
 */
export function buildWeb(root) {
  const target = join(root, 'web', 'dist');
  const stamp = join(target, 'sources.sha256');
  const wanted = fingerprint(root);
  const isUpToDate = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (isUpToDate()) return false;
  // Beside its place and then moved: an API that runs never serves half of a build.
  const made = join(root, 'web', `dist-${process.pid}`);
  const node = join(root, 'node_modules', '.bin', 'node');
  const result = spawnSync(
    existsSync(node) ? node : process.execPath,
    [
      join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
      'build',
      join(root, 'web'),
      '--outDir',
      made,
      '--emptyOutDir',
      '--logLevel',
      'warn',
    ],
    // A test's own environment must not make it the development build.
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, NODE_ENV: 'production' } },
  );
  try {
    if (result.status !== 0) throw new Error(`the dashboard cannot be built (vite ended with ${result.status})`);
    compress(made);
    writeFileSync(join(made, 'sources.sha256'), wanted);
    try {
      rmSync(target, { recursive: true, force: true });
      renameSync(made, target);
    } catch (error) {
      // Two may build at once, the same thing.
      if (!isUpToDate()) throw error;
    }
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return true;
}
