/** Top-level folders. The linter's import rules come from this file, and a test proves that they take effect. */
export const folders = [
  'core',
  'app',
  'workflows',
  'activities',
  'store',
  'serving',
  'profiling',
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

/**
 * Folders whose runtime code each folder may import by relative path. A folder may always import its own files. `sdk/*`
 * is imported by package name.
 */
export const mayImport: Readonly<Record<Exclude<Folder, 'test' | 'sdk'>, readonly Folder[]>> = {
  core: [],
  app: ['core', 'store', 'workflows'],
  workflows: ['core'],
  activities: ['core', 'app', 'store', 'workflows'],
  store: ['core'],
  serving: ['core'],
  profiling: ['core'],
  api: ['core', 'app', 'store', 'serving', 'profiling'],
  workers: ['core', 'app', 'workflows', 'activities', 'store', 'serving', 'profiling', 'api', 'cli', 'scripts'],
  runner: [],
  cli: [],
  'simulated-cloud': [],
  web: [],
  scripts: ['core', 'app', 'api', 'cli', 'workers'],
};

/** Folders from which each folder may import only types. */
export const typesOnly: Readonly<Partial<Record<Folder, readonly Folder[]>>> = { workflows: ['activities'] };

/** SDK packages each folder may import at run time. */
export const sdkPackages: Readonly<Record<Exclude<Folder, 'test' | 'sdk'>, readonly string[]>> = {
  core: [],
  app: ['@artenic/core'],
  workflows: [],
  activities: ['@artenic/core'],
  store: ['@artenic/core'],
  serving: ['@artenic/core', '@artenic/training'],
  profiling: ['@artenic/core'],
  api: ['@artenic/core'],
  workers: ['@artenic/core', '@artenic/client', '@artenic/training'],
  runner: ['@artenic/core', '@artenic/training'],
  cli: ['@artenic/core', '@artenic/client'],
  'simulated-cloud': ['@artenic/core'],
  web: ['@artenic/core'],
  scripts: ['@artenic/core'],
};

export const allSdkPackages = ['@artenic/core', '@artenic/client', '@artenic/training'] as const;
