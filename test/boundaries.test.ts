import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { allSdkPackages, folders, mayImport, sdkPackages, typesOnly, type Folder } from '../boundaries.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
let tree = '';

type Planted = { readonly file: string; readonly specifier: string; readonly allowed: boolean };

function plant(planted: readonly Planted[]): void {
  for (const { file, specifier } of planted) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), `import { thing } from '${specifier}';\nexport const used = thing;\n`);
  }
}

function violations(): ReadonlySet<string> {
  const run = spawnSync(process.execPath, [join(root, 'node_modules/oxlint/bin/oxlint'), '--format=json'], {
    cwd: tree,
    encoding: 'utf8',
  });
  const report = JSON.parse(run.stdout) as { diagnostics: { code: string; filename: string }[] };
  return new Set(
    report.diagnostics.filter((one) => one.code.includes('no-restricted-imports')).map((one) => one.filename),
  );
}

const restricted = Object.keys(mayImport) as (keyof typeof mayImport)[];

function everyPair(): readonly Planted[] {
  const relative = restricted.flatMap((from) =>
    folders
      .filter((to) => to !== from)
      .map((to: Folder) => ({
        file: `${from}/to-${to}.ts`,
        specifier: `../${to}/thing.ts`,
        allowed: mayImport[from].includes(to),
      })),
  );
  const packages = restricted.flatMap((from) =>
    allSdkPackages.map((name) => ({
      file: `${from}/to-${name.replace('@artenic/', 'sdk-')}.ts`,
      specifier: name,
      allowed: sdkPackages[from].includes(name),
    })),
  );
  const vendors: readonly Planted[] = [
    { file: 'core/builtin.ts', specifier: 'node:fs', allowed: false },
    { file: 'core/builtin-bare.ts', specifier: 'crypto', allowed: false },
    { file: 'workflows/builtin.ts', specifier: 'node:crypto', allowed: false },
    { file: 'workflows/zod.ts', specifier: 'zod', allowed: false },
    { file: 'workflows/nested/deep.ts', specifier: '../../store/thing.ts', allowed: false },
    { file: 'workflows/orm.ts', specifier: '@mikro-orm/core', allowed: false },
    { file: 'core/temporal.ts', specifier: '@temporalio/client', allowed: false },
    { file: 'activities/express.ts', specifier: 'express', allowed: false },
    { file: 'api/orm.ts', specifier: '@mikro-orm/postgresql', allowed: false },
    { file: 'api/onnx.ts', specifier: 'onnxruntime-node', allowed: false },
    { file: 'store/orm.ts', specifier: '@mikro-orm/postgresql', allowed: true },
    { file: 'serving/onnx.ts', specifier: 'onnxruntime-node', allowed: true },
  ];
  return [...relative, ...packages, ...vendors];
}

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'artenic-lint-'));
  writeFileSync(
    join(tree, 'oxlint.config.ts'),
    `export { default } from ${JSON.stringify(join(root, 'oxlint.config.ts'))};\n`,
  );
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

test('the linter refuses exactly the imports that the matrix closes', () => {
  const planted = everyPair();
  plant(planted);
  const found = violations();
  const expected = planted.filter((one) => !one.allowed).map((one) => one.file);
  expect([...found].toSorted()).toEqual(expected.toSorted());
  expect(expected.length).toBeGreaterThan(60);
});

test('types of activities may enter workflows, their code may not', () => {
  expect(typesOnly.workflows).toEqual(['activities']);
  mkdirSync(join(tree, 'workflows'), { recursive: true });
  writeFileSync(
    join(tree, 'workflows/types.ts'),
    "import type { Thing } from '../activities/thing.ts';\nexport type Used = Thing;\n",
  );
  writeFileSync(join(tree, 'workflows/dynamic.ts'), "export const used = () => import('../activities/thing.ts');\n");
  const found = violations();
  expect(found.has('workflows/types.ts')).toBe(false);
  expect(found.has('workflows/dynamic.ts')).toBe(true);
});
