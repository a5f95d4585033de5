// Python programs that tests and scripts use as somebody else's: installed once by pip into folders of their own.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What each folder holds, to the last digit. */
const sets = {
  tritonclient: ['tritonclient[http]==2.73.0', 'numpy==2.4.6'],
  mlserver: ['mlserver==1.7.1'],
  schemathesis: ['schemathesis==4.32.5'],
  peers: [
    'mlflow==3.17.2',
    'fastapi==0.165.0',
    'uvicorn==0.54.0',
    'onnxruntime==1.32.0',
    'onnx==1.23.2',
    'numpy==2.4.6',
  ],
};

/** @param {string} command @param {string[]} args */
function run(command, args) {
  const answer = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (answer.error !== undefined) throw new Error(`${command} cannot be started: ${answer.error.message}`);
  if (answer.status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed: ${`${answer.stdout}${answer.stderr}`.trim().slice(-2000)}`);
}

/**
 * The `bin` folder of a virtual environment with the packages of a set. Throws when it cannot be made: what needs it fails.
 * @param {string} root folder of the clone
 * @param {'tritonclient' | 'mlserver' | 'schemathesis' | 'peers'} name
 * @returns {string}
 */
export function pythonTool(root, name) {
  const tools = join(root, '.artenic-tools');
  const packages = sets[name];
  const target = join(tools, `python-${packages[0].replaceAll(/[^\w.-]+/g, '-')}`);
  if (existsSync(join(target, 'installed'))) return join(target, 'bin');
  mkdirSync(tools, { recursive: true });
  const lock = `${target}.lock`;
  // two test processes may want it at the same time
  const deadline = Date.now() + 660_000;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (existsSync(join(target, 'installed'))) return join(target, 'bin');
      if (Date.now() > deadline) throw error;
      // left by an installation that was killed
      if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 600_000)
        rmSync(lock, { recursive: true, force: true });
      spawnSync('sleep', ['0.5']);
    }
  }
  try {
    rmSync(target, { recursive: true, force: true });
    run('python3', ['-m', 'venv', target]);
    const pip = ['install', '--quiet', '--disable-pip-version-check', '--only-binary=:all:', ...packages];
    run(join(target, 'bin', 'pip'), pip);
    writeFileSync(join(target, 'installed'), '');
    return join(target, 'bin');
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}
