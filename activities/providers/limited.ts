import { ArtenicError, isArtenicError } from '../../core/errors.ts';
import { withinTime } from '../time-limit.ts';
import type { Provider, ProviderCheck } from './provider.ts';

type Call = Exclude<keyof Provider, 'name' | 'capabilities'>;

/**
 * Time limit of each call including all its requests, in milliseconds. Each limit is shorter than the timeout of the
 * calling activity's try (`workflows/activity-proxies.ts`), so a call never overlaps with the next try.
 */
export type ProviderLimits = Readonly<Record<Call, number>>;

export const usualProviderLimits: ProviderLimits = {
  check: 45_000,
  catalog: 100_000,
  // the activity's try has 180 s; an answer within two seconds after this limit still counts
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

/** Calls whose outcome is unknown after a timeout; the caller has to look it up. */
const acts: ReadonlySet<Call> = new Set(['launch']);

/**
 * Wraps a provider so that every call has a time limit. A call over its limit is aborted with `transient`, or with
 * `unknown-outcome` if it may have created an instance.
 */
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
