import { builtinModules } from 'node:module';
import { defineConfig, type OxlintOverride } from 'oxlint';
import { allSdkPackages, folders, mayImport, sdkPackages, typesOnly, type Folder } from './boundaries.ts';

const up = (names: readonly string[]) => `^(?:\\.\\.?/)+(?:${names.join('|')})/`;
const exactly = (names: readonly string[]) => `^(?:${names.join('|')})(?:/.*)?$`;

/** Packages of a vendor or a layer: allowed only where named. */
const vendorOnly: readonly { readonly packages: string; readonly allowedIn: readonly string[] }[] = [
  { packages: exactly(['express']), allowedIn: ['api', 'scripts', 'simulated-cloud'] },
  { packages: exactly(['helmet', 'ws', 'swagger-ui-dist', '@asteasolutions/.*']), allowedIn: ['api', 'scripts'] },
  { packages: exactly(['compression', 'raw-body']), allowedIn: ['api'] },
  { packages: exactly(['@opentelemetry/.*', '@temporalio/interceptors-opentelemetry-v2']), allowedIn: ['workers'] },
  { packages: exactly(['@mikro-orm/.*', 'kysely', 'pg']), allowedIn: ['store', 'workers'] },
  { packages: exactly(['@aws-sdk/.*', '@azure/.*', '@google-cloud/.*', '@smithy/.*']), allowedIn: ['activities'] },
  { packages: exactly(['onnxruntime-node']), allowedIn: ['serving'] },
  { packages: exactly(['@duckdb/.*']), allowedIn: ['profiling'] },
  { packages: exactly(['@temporalio/worker']), allowedIn: ['workers'] },
  { packages: exactly(['@temporalio/client', '@temporalio/proto']), allowedIn: ['app', 'workers'] },
  { packages: exactly(['@temporalio/activity']), allowedIn: ['activities'] },
  { packages: exactly(['@temporalio/workflow']), allowedIn: ['workflows'] },
];

function restrictedImports(folder: Exclude<Folder, 'test' | 'sdk'>): OxlintOverride {
  const types = typesOnly[folder] ?? [];
  const closed = folders.filter(
    (other) => other !== folder && !mayImport[folder].includes(other) && !types.includes(other),
  );
  const closedSdk = allSdkPackages.filter((name) => !sdkPackages[folder].includes(name));
  const vendors = vendorOnly.filter((rule) => !rule.allowedIn.includes(folder));
  const pure = folder === 'core' || folder === 'workflows';
  return {
    files: [`${folder}/**/*.{ts,tsx}`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: up(closed), message: `${folder}/ may import only ${mayImport[folder].join(', ') || 'itself'}` },
            ...types.map((name) => ({ regex: up([name]), allowTypeImports: true, message: `only types of ${name}/` })),
            ...(closedSdk.length > 0
              ? [
                  {
                    regex: exactly(closedSdk),
                    allowTypeImports: pure || folder === 'runner',
                    message: 'this SDK package does not belong here',
                  },
                ]
              : []),
            ...vendors.map((rule) => ({
              regex: rule.packages,
              message: `this package belongs to ${rule.allowedIn.join(', ')}`,
            })),
            ...(pure
              ? [
                  { regex: `^(?:node:.*|(?:${builtinModules.join('|')})(?:/.*)?)$`, message: `${folder}/ does no I/O` },
                  { regex: exactly(['zod']), message: 'no validation here: it is done at the edges' },
                ]
              : []),
          ],
        },
      ],
    },
  };
}

export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'oxc', 'promise'],
  options: { typeAware: true, denyWarnings: true },
  categories: { correctness: 'error', suspicious: 'error' },
  ignorePatterns: ['**/dist/**', '**/node_modules/**', '.artenic/**', '.artenic-tools/**'],
  rules: {
    'import/no-cycle': 'error',
    'import/no-default-export': 'error',
    'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
    'max-lines-per-function': ['error', { max: 80, skipBlankLines: false, skipComments: false }],
    'typescript/consistent-type-imports': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-unsafe-type-assertion': 'off',
    'oxc/no-async-endpoint-handlers': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/consistent-function-scoping': 'off',
    'no-shadow': 'off',
    'promise/always-return': 'off',
    'no-await-in-loop': 'off',
    // The type checker knows better: exhaustive switches and `void` callbacks are fine.
    'consistent-return': 'off',
    'typescript/consistent-return': 'off',
    'no-unmodified-loop-condition': 'off',
    'unicorn/no-useless-spread': 'off',
    'import/no-named-as-default-member': 'off',
  },
  overrides: [
    ...(Object.keys(mayImport) as (keyof typeof mayImport)[]).map(restrictedImports),
    { files: ['test/**/*.ts'], rules: { 'max-lines': 'off' } },
    // A suite is a list of tests.
    { files: ['test/**/*.test.ts', 'test/conformance/*.ts'], rules: { 'max-lines-per-function': 'off' } },
    {
      files: ['web/src/**/*.{ts,tsx}'],
      plugins: ['typescript', 'import', 'unicorn', 'oxc', 'promise', 'react', 'jsx-a11y'],
      rules: {
        'react/exhaustive-deps': 'error',
        'react/rules-of-hooks': 'error',
        'react/no-danger': 'error',
        'react/react-in-jsx-scope': 'off',
        'import/no-unassigned-import': 'off',
        'no-restricted-globals': [
          'error',
          { name: 'localStorage', message: 'a browser may refuse storage: use lib/stored.ts' },
        ],
      },
    },
    { files: ['web/src/lib/stored.ts'], rules: { 'no-restricted-globals': 'off' } },
    {
      files: ['*.config.ts', 'test/setup/*.ts', 'test/setup/*.js', 'store/migrations/*.ts'],
      rules: { 'import/no-default-export': 'off' },
    },
  ],
});
