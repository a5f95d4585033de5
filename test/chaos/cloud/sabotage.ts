import { createHash } from 'node:crypto';
import { toFailure } from '../../../activities/failures.ts';
import type { Provider } from '../../../activities/providers/provider.ts';
import { CloudClient } from '../../../activities/providers/simulated/client.ts';
import { ArtenicError, isArtenicError } from '../../../core/errors.ts';
import type { ComposedActivities } from '../../../workers/compose/activities.ts';
import type { ApiDeps } from '../../../api/deps.ts';
import type { AttemptRecord, Repositories, Store } from '../../../store/types.ts';

/** Faults of a platform that the judge has to detect. */
export const sabotages = ['no-reconciler', 'no-lookup', 'no-fence', 'no-silence-check', 'io-in-transaction'] as const;
export type Sabotage = (typeof sabotages)[number];

export function isSabotage(text: string): text is Sabotage {
  return (sabotages as readonly string[]).includes(text);
}

/** Sweeps find nothing to do. */
export function withoutReconciler(composed: ComposedActivities): ComposedActivities {
  const nothing = { terminate: [], settle: [], restart: [], confirmed: 0 };
  const seen = { instances: 0, attempts: 0, strays: 0 };
  return {
    ...composed,
    providerActivities: { ...composed.providerActivities, surveyProvider: async () => ({ ...nothing, seen }) },
  };
}

/** An instance that the provider reports as running counts as working, even if its runner is silent. */
export function withoutSilenceCheck(composed: ComposedActivities): ComposedActivities {
  const { watchInstance } = composed.providerActivities;
  return {
    ...composed,
    providerActivities: {
      ...composed.providerActivities,
      watchInstance: async (input) => {
        const evidence = await watchInstance(input);
        if (evidence.silent === undefined) return evidence;
        throw toFailure(new ArtenicError('not-ready', 'The provider says that it runs.'));
      },
    },
  };
}

/** Launches without look-up: a call without an answer is repeated, and an instance that it made is not looked for. */
export function withoutLookup(provider: Provider, cloud: { readonly url: string; readonly key: string }): Provider {
  const client = new CloudClient(cloud);
  return {
    ...provider,
    launch: async ({ attemptId, offer, bootstrap }) => {
      const { region, instanceType, spot } = offer;
      const slug = attemptId.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
      try {
        const { instanceId } = await client.create({
          name: `artenic-${slug}-${createHash('sha256').update(String(Math.random())).digest('hex').slice(0, 12)}`,
          clientToken: createHash('sha256').update(attemptId).digest('hex').slice(0, 32),
          ...{ region, instanceType, spot },
          tags: { 'artenic-attempt': attemptId, 'artenic-namespace': 'artenic' },
          userData: JSON.stringify(bootstrap),
        });
        return { provider: provider.name, attemptId, instanceId, region };
      } catch (error) {
        if (!isArtenicError(error, 'unknown-outcome')) throw error;
        throw new ArtenicError('transient', error.message, { cause: error });
      }
    },
  };
}

/** An API that accepts writes of replaced attempts. */
export function withoutFence(deps: ApiDeps): ApiDeps {
  const { store } = deps;
  const callers = new Map<string, number>();
  const asOpen = (attempt: AttemptRecord): AttemptRecord => {
    callers.set(attempt.jobId, attempt.attempt);
    return attempt.state === 'ended' ? { ...attempt, state: 'running' } : attempt;
  };
  const unfenced: Store = {
    ...store,
    attempts: {
      ...store.attempts,
      hear: async (...args) => {
        const heard = await store.attempts.hear(...args);
        if (heard === null) return null;
        const attempt = asOpen(heard.attempt);
        return { attempt, job: { ...heard.job, currentAttempt: attempt.attempt } };
      },
    },
    jobs: {
      ...store.jobs,
      get: async (id) => {
        const job = await store.jobs.get(id);
        return { ...job, currentAttempt: callers.get(id) ?? job.currentAttempt };
      },
    },
  };
  return { ...deps, store: unfenced };
}

/** An API that writes an object before it commits, so that its database connections wait for the storage. */
export function withIoInTransactions(deps: ApiDeps): ApiDeps {
  const { store, storage } = deps;
  const slowed =
    <T>(work: (repositories: Repositories) => Promise<T>) =>
    async (repositories: Repositories): Promise<T> => {
      const result = await work(repositories);
      await storage.put('chaos/in-transaction', new Uint8Array());
      return result;
    };
  const as: Store['as'] = (principal) => {
    const acting = store.as(principal);
    return Object.assign(acting, {
      transaction: <T>(work: (repositories: Repositories) => Promise<T>) =>
        store.as(principal).transaction(slowed(work)),
    });
  };
  const transaction: Store['transaction'] = (principal, work) => store.transaction(principal, slowed(work));
  return { ...deps, store: { ...store, as, transaction } };
}
