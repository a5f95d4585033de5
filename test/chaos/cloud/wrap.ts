import type { Provider } from '../../../activities/providers/provider.ts';
import { ArtenicError } from '../../../core/errors.ts';
import type { ObjectStorage } from '../../../core/object-storage.ts';
import type { TemporalGateway } from '../../../app/temporal/gateway.ts';
import type { ComposedActivities } from '../../../workers/compose/activities.ts';
import type { Ask } from './failpoints.ts';
import type { Point } from './points.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- any asynchronous function fits here
type AnyCalls = Readonly<Record<string, (...args: any[]) => Promise<unknown>>>;

/** Asks at the failpoints before each call and after its effect. */
function wrapped<Calls extends object>(
  kind: string,
  calls: Calls,
  ask: Ask,
  jobOf: (args: readonly unknown[]) => string | null,
): Calls {
  const entries = Object.entries(calls as unknown as AnyCalls).map(([name, call]) => [
    name,
    async (...args: unknown[]): Promise<unknown> => {
      const jobId = jobOf(args);
      await ask(`${kind}:${name}:before` as Point, jobId);
      const result = await call(...args);
      if ((await ask(`${kind}:${name}:after` as Point, jobId)) === 'lost')
        throw new ArtenicError('unknown-outcome', `The answer to ${kind}.${name} was lost.`);
      return result;
    },
  ]);
  return Object.fromEntries(entries) as Calls;
}

/** Job that a call is about, found by any name that the platform uses for it. */
function jobOfInput(input: unknown): string | null {
  if (typeof input === 'string') return jobOfId(input);
  if (typeof input !== 'object' || input === null) return null;
  const { jobId, attemptId, workflowId, handle } = input as Readonly<Record<string, unknown>>;
  for (const id of [jobId, attemptId, workflowId]) if (typeof id === 'string') return jobOfId(id);
  return handle === undefined ? null : jobOfInput(handle);
}

/** Job of `<job>`, `<job>/attempt-1`, `<job>/failover`, `training-job/<job>`, or of a stray made for it. */
function jobOfId(id: string): string {
  const [first = '', second = ''] = id.split('/');
  return first === 'training-job' ? second : first.replace(/^stray-/, '');
}

const jobOfFirst = (args: readonly unknown[]): string | null => jobOfInput(args[0]);

export function wrapActivities(composed: ComposedActivities, ask: Ask): ComposedActivities {
  return {
    // The `local` provider takes no part in these tests.
    providers: new Map([...composed.providers].filter(([name]) => name !== 'local')),
    control: wrapped('activity', composed.control, ask, jobOfFirst),
    data: composed.data,
    providerActivities: wrapped('activity', composed.providerActivities, ask, jobOfFirst),
  };
}

export function wrapProvider(provider: Provider, ask: Ask): Provider {
  const { name, capabilities, ...calls } = provider;
  return { name, capabilities, ...wrapped('provider', calls, ask, jobOfFirst) };
}

/** Makes the platform hand out this provider's machines, so that jobs have to queue. */
export function withCapacity(provider: Provider, vcpu: number): Provider {
  const capacity = { vcpu, memoryGib: 1024, gpus: 0, gpuType: null };
  return { ...provider, check: async () => ({ ...(await provider.check()), capacity }) };
}

export function wrapGateway(gateway: TemporalGateway, ask: Ask): TemporalGateway {
  const { ping, close, describe, ...calls } = gateway;
  return { ping, close, describe, ...wrapped('api', calls, ask, jobOfFirst) };
}

/** Job that an object belongs to, by its key. */
function jobOfKey([key]: readonly unknown[]): string | null {
  const [first, id] = typeof key === 'string' ? key.split('/') : [];
  return first === 'jobs' && id !== undefined ? id : null;
}

export function wrapStorage(storage: ObjectStorage, ask: Ask): ObjectStorage {
  return wrapped('storage', storage, ask, jobOfKey);
}
