// Builds the dashboard when its sources have changed. Uses only Node built-ins: it runs on the user's Node 20.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { constants, gzipSync } from 'node:zlib';

const sources = [
  ...['web/index.html', 'web/vite.config.ts', 'web/public', 'web/src', 'web/docs', 'sdk/core', 'package-lock.json'],
  // The documentation is part of the dashboard.
  ...['docs', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'RELIABILITY.md'],
];

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

/** Compresses served files once, at build time. @param {string} folder */
function compress(folder) {
  for (const file of filesUnder(folder).filter((name) => /\.(?:js|css|html|svg)$/.test(name)))
    writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: constants.Z_BEST_COMPRESSION }));
}

/**
 * Builds `web/dist`, the folder that the API serves.
 * @param {string} root folder of the clone
 * @returns {boolean} false when the build was up to date
 */
export function buildWeb(root) {
  const target = join(root, 'web', 'dist');
  const stamp = join(target, 'sources.sha256');
  const wanted = fingerprint(root);
  const isUpToDate = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (isUpToDate()) return false;
  // Built in a separate folder and then moved, so that a running API never serves half of a build.
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
    // The environment of a test must not make this a development build.
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
      // Two processes may build the same dashboard at once; the loser's rename fails, but the build is up to date.
      if (!isUpToDate()) throw error;
    }
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return true;
}
