// Loads test files as native modules in Node's own realm, once for each worker (docs/decisions/022). Jest's own runtime
// evaluates every module again for each file.
const { registerHooks } = require('node:module');
const { pathToFileURL } = require('node:url');
const { default: JestRuntime } = require('jest-runtime');
const { current } = require('./current-globals.cjs');

const globalsUrl = pathToFileURL(require.resolve('./jest-globals.mjs')).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@jest/globals' ? { url: globalsUrl, shortCircuit: true } : next(specifier, context),
});

/** @see https://jestjs.io/docs/configuration#runtime-string */
class Runtime extends JestRuntime {
  environmentVariables = { ...process.env };
  folder = process.cwd();

  setGlobalsForRuntime(globals) {
    super.setGlobalsForRuntime(globals);
    Object.assign(current, globals, { jest: this.jestGlobals.jestObjectFor(__filename) });
  }

  unstable_shouldLoadAsEsm(path) {
    return path.endsWith('.ts');
  }

  async unstable_importModule(path) {
    // The query makes Node evaluate a file of tests again in watch mode.
    return import(`${pathToFileURL(path).href}?at=${Date.now()}`);
  }

  teardown() {
    super.teardown();
    process.chdir(this.folder);
    for (const name of Object.keys(process.env)) if (!(name in this.environmentVariables)) delete process.env[name];
    Object.assign(process.env, this.environmentVariables);
  }
}

module.exports = { __esModule: true, default: Runtime };
