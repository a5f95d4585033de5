import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../', import.meta.url));
const script = `
import Module from 'node:module';
await Promise.all(['api', 'worker'].map((name) => import(process.argv[1] + 'workers/' + name + '.ts')));
const { openTracing } = await import(process.argv[1] + 'workers/tracing/tracing.ts');
const opened = await openTracing('of-the-test', process.env);
// its API, which does nothing by itself, comes with prom-client
const loaded = Object.keys(Module._cache).filter((path) => /opentelemetry(?!\\/api\\/)/.test(path));
console.log(JSON.stringify({ isOn: opened !== null, loaded: loaded.length }));
await opened?.close();
`;

type Seen = { readonly isOn: boolean; readonly loaded: number };
async function seenWith(variables: Readonly<Record<string, string>>): Promise<Seen> {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('OTEL_'));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script, root],
    { env: { ...Object.fromEntries(others), ...variables } },
  );
  return JSON.parse(stdout) as Seen;
}

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };

test('API and worker load nothing of OpenTelemetry’s SDK until traces are wanted', async () => {
  const [plain, disabled, on] = await Promise.all([
    seenWith({}),
    seenWith({ ...endpoint, OTEL_SDK_DISABLED: 'true' }),
    seenWith(endpoint),
  ]);
  expect([plain, disabled]).toEqual([
    { isOn: false, loaded: 0 },
    { isOn: false, loaded: 0 },
  ]);
  expect(on.isOn).toBe(true);
  expect(on.loaded).toBeGreaterThan(10);
}, 180_000);
