import { ArtenicError, isArtenicError } from '../../core/errors.ts';
import { withinTime } from '../time-limit.ts';
import type { Provider, ProviderCheck } from './provider.ts';

type Call = Exclude<keyof Provider, 'name' | 'capabilities'>;

/**
 * How long each call may take, with all its requests, in milliseconds. All are shorter than the try of the activity that makes
 * them (`workflows/activity-proxies.ts`), so that none goes on beside the next one.
 */
export type ProviderLimits = Readonly<Record<Call, number>>;

export const usualProviderLimits: ProviderLimits = {
  check: 45_000,
  catalog: 100_000,
  // a try of 180 s; what is said within the last two seconds still counts
  launch: 170_000,
  describe: 15_000,
  describeMany: 15_000,
  list: 60_000,
  find: 30_000,
  terminate: 30_000,
  consistencyMs: 10_000,
  machine: 10_000,
  console: 15_000,
};

/** After these nobody knows whether something was done: it is looked up. */
const acts: ReadonlySet<Call> = new Set(['launch']);

/** The provider within its limits: a call that hangs is broken off, `transient`, or `unknown-outcome` if it may have made something. */
export function limitProvider(provider: Provider, limits: ProviderLimits = usualProviderLimits): Provider {
  function limited<T>(call: Call, work: () => Promise<T>): Promise<T> {
    const limitMs = limits[call];
    const message = `${provider.name} did not answer \`${call}\` in ${limitMs} ms.`;
    const type = acts.has(call) ? 'unknown-outcome' : 'transient';
    return withinTime({ limitMs, late: (cause) => new ArtenicError(type, message, { cause }) }, work);
  }
  async function check(): Promise<ProviderCheck> {
    try {
      return await limited('check', () => provider.check());
    } catch (error) {
      if (!isArtenicError(error, 'transient')) throw error;
      return { usable: false, message: error.message, capacity: null, problem: 'unreachable' };
    }
  }
  const { describeMany, machine, consistencyMs } = provider;
  return {
    name: provider.name,
    capabilities: provider.capabilities,
    check,
    catalog: (part) => limited('catalog', () => provider.catalog(part)),
    launch: (request) => limited('launch', () => provider.launch(request)),
    describe: (handle) => limited('describe', () => provider.describe(handle)),
    ...(describeMany === undefined
      ? {}
      : { describeMany: (handles) => limited('describeMany', () => describeMany(handles)) }),
    list: () => limited('list', () => provider.list()),
    find: (attemptId) => limited('find', () => provider.find(attemptId)),
    terminate: (handle) => limited('terminate', () => provider.terminate(handle)),
    ...(consistencyMs === undefined ? {} : { consistencyMs: () => limited('consistencyMs', () => consistencyMs()) }),
    ...(machine === undefined ? {} : { machine: () => limited('machine', () => machine()) }),
    console: (handle) => limited('console', () => provider.console(handle)),
  };
}
