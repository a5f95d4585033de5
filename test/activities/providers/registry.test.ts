import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parseAst } from 'rolldown/parseAst';
import { providerModules } from '../../../activities/providers/registry.ts';
import { nodesBelow, type ProgramNode } from '../../support/program-nodes.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const modules = [...providerModules.values()];

test('each folder of a provider is in the list under its name', () => {
  const folders = globSync('activities/providers/*/provider.ts', { cwd: root }).map((file) => file.split('/')[2]);
  expect(new Set(providerModules.keys())).toEqual(new Set(folders));
  expect(folders).toHaveLength(providerModules.size);
});

test.each(modules)('$name: its options are its own, its page is there, and the guide names it', (module) => {
  const prefix = `ARTENIC_${module.name.toUpperCase()}_`;
  expect(module.optionNames.filter((name) => !name.startsWith(prefix))).toEqual([]);
  expect(read(module.documentation).length).toBeGreaterThan(0);
  expect(read('docs/providers/README.md')).toContain(`| \`${module.name}\``);
});

test.each(modules)('$name: its adapter is held against the contract', ({ name, capabilities }) => {
  const tests = globSync(`test/activities/providers/{${name}.test.ts,${name}/*.test.ts}`, { cwd: root })
    .map(read)
    .join('\n');
  expect(tests).toContain(`describeProviderConformance('${name}`);
  // Machines with regions are rented and reached over a network.
  if (capabilities.regions) expect(tests).toContain(`describeCloudConformance('${name}`);
});

test('the list loads no adapter and nothing of a vendor; a provider loads its own when it is created', () => {
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    const { providerModules } = await import('./activities/providers/registry.ts');
    const adapters = () => loaded.filter((url) => /providers\\/[a-z]+\\/provider\\.ts$|@aws-sdk/.test(url));
    const before = adapters();
    const parts = { home: '/nowhere', namespace: 'n', apiUrl: 'http://127.0.0.1:1', runnerEntry: '/nowhere', programs: null };
    const environment = { ARTENIC_AWS_REGIONS: 'eu-west-1' };
    await providerModules.get('aws').configure(environment).create(parts);
    console.log(JSON.stringify({ before, after: adapters().map((url) => url.replace(/.*providers\\//, '')) }));
  `;
  const said = execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module'], {
    ...{ cwd: root, input: program, encoding: 'utf8' },
  });
  expect(JSON.parse(said)).toEqual({ before: [], after: ['aws/provider.ts'] });
});

/** String literals of a program that contain a name, an option or a folder of a provider. */
function wordsAboutProviders(text: string, lang: 'ts' | 'tsx' = 'ts'): readonly string[] {
  const names = [...providerModules.keys()];
  const isAbout = (said: string): boolean =>
    names.some(
      (name) =>
        said === name || said.includes(`ARTENIC_${name.toUpperCase()}_`) || said.includes(`/providers/${name}/`),
    );
  const program = parseAst(text, { lang }) as unknown as ProgramNode;
  return [...nodesBelow(program)].flatMap(({ type, value }) => {
    const said = type === 'TemplateElement' ? (value as { readonly raw: string }).raw : value;
    const isText = type === 'Literal' || type === 'TemplateElement';
    return isText && typeof said === 'string' && isAbout(said) ? [said] : [];
  });
}

/** Allowed places that name a provider, each with its reason. */
const named: Readonly<Record<string, string>> = {
  'sdk/core/job-spec.ts': 'a job without a placement runs here; `mock` is an older name',
  'web/src/pages/dispatch/field-control.tsx': 'the form begins with that default',
  'workers/loops/housekeeping.ts': 'the disk of this machine',
  'workers/up/purge.ts': 'the disk of this machine',
  'workflows/contracts/queues.ts': 'queues of runs that earlier releases have begun',
};

test('only its own folder knows a provider by name', () => {
  const files = globSync('{app,core,api,workers,workflows,cli,sdk,store,activities,web/src}/**/*.{ts,tsx}', {
    ...{ cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] },
  }).filter((file) => !file.startsWith('activities/providers/'));
  expect(files.length).toBeGreaterThan(200);
  const langOf = (file: string) => (file.endsWith('.tsx') ? 'tsx' : 'ts');
  const found = files.flatMap((file) => (wordsAboutProviders(read(file), langOf(file)).length > 0 ? [file] : []));
  expect(found.toSorted()).toEqual(Object.keys(named).toSorted());
});

test.each<readonly [string, number]>([
  ["if (offer.provider === 'aws') go();", 1],
  ["import { x } from '../activities/providers/local/files.ts';", 1],
  ['const text = `Set ARTENIC_AWS_REGIONS for ${who}.`;', 1],
  ["const text = 'the local network'; // aws", 0],
])('%s: %d words', (text, count) => {
  expect(wordsAboutProviders(text)).toHaveLength(count);
});
