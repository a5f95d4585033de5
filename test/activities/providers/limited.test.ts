import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { limitProvider, usualProviderLimits, type ProviderLimits } from '../../../activities/providers/limited.ts';
import type { InstanceHandle, LaunchRequest, Provider } from '../../../activities/providers/provider.ts';
import { callSignal } from '../../../activities/time-limit.ts';
import { isArtenicError } from '../../../core/errors.ts';

const calls = Object.keys(usualProviderLimits) as readonly (keyof ProviderLimits)[];
const capabilities = { spot: false, preemptionNotice: false, idempotencyToken: false, regions: false };
const handle: InstanceHandle = { provider: 'slow', attemptId: 'job/attempt-1', instanceId: 'i-1', region: 'r' };

/** A provider whose every call hangs until its request is aborted. */
function hanging(ended: string[]): Provider {
  const hang = (name: string) => () =>
    new Promise<never>((_, reject) => {
      callSignal()?.addEventListener('abort', () => {
        ended.push(name);
        reject(new Error('broken off'));
      });
    });
  return { name: 'slow', capabilities, ...Object.fromEntries(calls.map((name) => [name, hang(name)])) } as Provider;
}

test('every call to a provider that hangs ends, its request with it, and says whether something may have been made', async () => {
  const ended: string[] = [];
  const limits = Object.fromEntries(calls.map((name) => [name, 20])) as ProviderLimits;
  const provider = limitProvider(hanging(ended), limits);
  const asked: Readonly<Record<keyof ProviderLimits, () => Promise<unknown> | undefined>> = {
    check: () => provider.check(),
    catalog: () => provider.catalog('all'),
    launch: () => provider.launch({ attemptId: handle.attemptId } as LaunchRequest),
    describe: () => provider.describe(handle),
    describeMany: () => provider.describeMany?.([handle]),
    list: () => provider.list(),
    find: () => provider.find(handle.attemptId),
    terminate: () => provider.terminate(handle),
    consistencyMs: () => provider.consistencyMs?.(),
    machine: () => provider.machine?.(),
    console: () => provider.console(handle),
  };
  const said = await Promise.all(
    calls.map(async (name) => {
      try {
        return await asked[name]();
      } catch (error) {
        return isArtenicError(error) ? error.type : error;
      }
    }),
  );
  const bySaid = Object.fromEntries(calls.map((name, index) => [name, said[index]]));
  const { check, launch, ...others } = bySaid;
  expect(check).toEqual({
    ...{ usable: false, capacity: null, problem: 'unreachable', message: 'slow did not answer `check` in 20 ms.' },
  });
  expect(launch).toBe('unknown-outcome');
  expect(new Set(Object.values(others))).toEqual(new Set(['transient']));
  expect(ended.toSorted()).toEqual([...calls].toSorted());
});

test('what a provider does not have it does not get', () => {
  const { machine: _machine, describeMany: _describeMany, consistencyMs: _consistencyMs, ...bare } = hanging([]);
  expect(Object.keys(limitProvider(bare)).toSorted()).toEqual(Object.keys(bare).toSorted());
});

test('a provider that the registry opens is within its limits', () => {
  const program = `
    import { createServer } from 'node:http';
    const { providerModules } = await import('./activities/providers/registry.ts');
    const { withinTime } = await import('./activities/time-limit.ts');
    const server = createServer(() => undefined).listen(0, '127.0.0.1', async () => {
      const environment = {
        ARTENIC_SIMULATED_CLOUD_URL: 'http://127.0.0.1:' + server.address().port, ARTENIC_SIMULATED_CLOUD_KEY: 'k'.repeat(16),
      };
      const module = providerModules.get('simulated').configure(environment);
      const provider = await module.create({ namespace: 'n', apiUrl: '', home: '', runnerEntry: '', programs: null });
      const late = (cause) => Object.assign(new Error('late'), { cause });
      const end = await withinTime({ limitMs: 50, late }, () => provider.list()).catch((error) => error);
      console.log(JSON.stringify([end.message, end.cause.message]));
      process.exit(0);
    });`;
  const said = execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module'], {
    ...{ cwd: fileURLToPath(new URL('../../../', import.meta.url)), input: program, encoding: 'utf8' },
  });
  expect(JSON.parse(said)).toEqual(['late', 'simulated did not answer `list` in 60000 ms.']);
});
