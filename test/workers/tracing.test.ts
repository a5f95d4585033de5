import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../', import.meta.url));
const script = `
import Module from 'node:module';
await import(process.argv[1] + 'workers/api.ts');
await import(process.argv[1] + 'workers/worker.ts');
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
  const off: Seen = { isOn: false, loaded: 0 };
  expect(await seenWith({})).toEqual(off);
  expect(await seenWith({ ...endpoint, OTEL_SDK_DISABLED: 'true' })).toEqual(off);
  expect(await seenWith({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' })).toEqual(off);
  const on = await seenWith(endpoint);
  expect(on.isOn).toBe(true);
  expect(on.loaded).toBeGreaterThan(10);
}, 120_000);
