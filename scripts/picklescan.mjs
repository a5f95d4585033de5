// Fetches picklescan once, as a PyPI wheel by version and hash. The inspection of models uses it to read pickles.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installOnce, run } from './install-once.mjs';

const name = 'picklescan-1.0.5';

/**
 * @param {string} root folder of the clone
 * @returns {string} the error; empty on success. Without picklescan, pickles are refused and all else works.
 */
export function fetchPicklescan(root) {
  try {
    installOnce(root, name, name, (target) => {
      const wheel = ['--quiet', '--no-deps', '--only-binary=:all:', '--require-hashes', '--disable-pip-version-check'];
      const requirements = join(root, 'serving', 'picklescan', 'requirements.txt');
      const place = ['--root-user-action=ignore', '--target', target, '-r', requirements];
      run('python3', ['-m', 'pip', 'install', ...wheel, ...place]);
    });
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problem = fetchPicklescan(dirname(dirname(fileURLToPath(import.meta.url))));
  if (problem !== '') {
    console.error(problem);
    process.exitCode = 1;
  }
}
