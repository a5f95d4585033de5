import { fileURLToPath } from 'node:url';
import type { Config } from 'jest';
import { leftOut } from './test/setup/long-files.ts';
import { setSeed } from './test/setup/seed.ts';

const root = fileURLToPath(new URL('.', import.meta.url));

setSeed();

const config: Config = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...leftOut(root, process.argv.slice(2))],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  transform: {},
  modulePathIgnorePatterns: ['/dist/', '<rootDir>/.artenic'],
  globalSetup: '<rootDir>/test/setup/global-setup.ts',
  globalTeardown: '<rootDir>/test/setup/global-teardown.ts',
  runtime: '<rootDir>/test/setup/runtime.cjs',
  testEnvironment: '<rootDir>/test/setup/environment.js',
  testSequencer: '<rootDir>/test/setup/sequencer.js',
  coverageProvider: 'v8',
  // one more than the cores that CI has: most files wait for processes of their own, half of the time and more
  maxWorkers: 3,
  setupFiles: ['<rootDir>/test/setup/main-realm.cjs'],
  testTimeout: 30_000,
  workerIdleMemoryLimit: '600MB',
  reporters: ['default', '<rootDir>/test/setup/reporter.js'],
};

export default config;
