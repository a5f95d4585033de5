// npm programs that cannot be part of the repository's own dependencies, each installed once into its own folder.
import { join } from 'node:path';
import { installOnce, run } from './install-once.mjs';

/** Packages of each folder, with exact versions. */
const sets = {
  // It needs the compiler's programming interface, which TypeScript 7 does not have.
  'openapi-typescript': ['openapi-typescript@7.13.0', 'typescript@5.9.3'],
  'azurite-blob': ['azurite@3.35.0'],
};

/**
 * Path of the program. Throws when the installation fails, so that dependent tests fail.
 * @param {string} root folder of the clone
 * @param {'openapi-typescript' | 'azurite-blob'} name
 * @returns {string}
 */
export function nodeTool(root, name) {
  const packages = sets[name];
  const folder = `node-${packages[0].replaceAll(/[^\w.-]+/g, '-')}`;
  const target = installOnce(root, folder, folder, (target) => {
    const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--install-links'];
    run('npm', ['install', '--prefix', target, ...flags, ...packages]);
  });
  return join(target, 'node_modules', '.bin', name);
}
