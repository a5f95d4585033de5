/**
 * Allowed imports between folders. The linter's rules are generated from this, and a test proves that they are
 * enforced.
 */
export const folders = [
  'core',
  'app',
  'workflows',
  'activities',
  'store',
  'serving',
  'api',
  'workers',
  'runner',
  'cli',
  'simulated-cloud',
  'web',
  'scripts',
  'test',
  'sdk',
] as const;
export type Folder = (typeof folders)[number];

/** Folders whose runtime code each folder may import by relative path; its own is always allowed. `sdk/*` is imported by package name. */
export const mayImport: Readonly<Record<Exclude<Folder, 'test' | 'sdk'>, readonly Folder[]>> = {
  core: [],
  app: ['core', 'store', 'workflows'],
  workflows: ['core'],
  activities: ['core', 'app', 'store', 'workflows'],
  store: ['core'],
  serving: ['core'],
  api: ['core', 'app', 'store', 'serving'],
  workers: ['core', 'app', 'workflows', 'activities', 'store', 'serving', 'api', 'cli', 'scripts'],
  runner: [],
  cli: [],
  'simulated-cloud': [],
  web: [],
  scripts: ['core', 'app', 'api', 'cli', 'workers'],
};

/** Folders from which a folder may import types only. */
export const typesOnly: Readonly<Partial<Record<Folder, readonly Folder[]>>> = { workflows: ['activities'] };

/** SDK packages each folder may import at run time. */
export const sdkPackages: Readonly<Record<Exclude<Folder, 'test' | 'sdk'>, readonly string[]>> = {
  core: [],
  app: ['@artenic/core'],
  workflows: [],
  activities: ['@artenic/core'],
  store: ['@artenic/core'],
  serving: ['@artenic/core', '@artenic/training'],
  api: ['@artenic/core'],
  workers: ['@artenic/core', '@artenic/client', '@artenic/training'],
  runner: ['@artenic/core', '@artenic/training'],
  cli: ['@artenic/core', '@artenic/client'],
  'simulated-cloud': ['@artenic/core'],
  web: ['@artenic/core'],
  scripts: ['@artenic/core'],
};

export const allSdkPackages = ['@artenic/core', '@artenic/client', '@artenic/training'] as const;
