import type { Logger } from 'pino';
import { ArtenicError, messageOf } from '../../core/errors.ts';
import type { PrincipalStore, ProjectPrincipal, StrayRecord } from '../../store/types.ts';
import type { TemporalGateway } from '../temporal/gateway.ts';
import { promptly } from '../temporal/promptly.ts';

export type RetryEndDeps = {
  readonly store: PrincipalStore;
  readonly temporal: Pick<TemporalGateway, 'sweepNow'>;
  readonly now: () => Date;
  readonly logger: Logger;
};

export type RetryEndInput = {
  readonly principal: ProjectPrincipal;
  readonly provider: string;
  readonly instanceId: string;
};

/**
 * Tries once more to end an orphaned instance: the wish is stored, and a sweep of the provider is started, which would
 * otherwise follow within a minute.
 * @throws ArtenicError `not-found`; `conflict` during the instance's grace period
 */
export async function retryEnd(
  { store, temporal, now, logger }: RetryEndDeps,
  { principal, provider, instanceId }: RetryEndInput,
): Promise<StrayRecord> {
  const found = (await store.reconcile.strays(provider, now())).find(
    (one) => one.instanceId === instanceId && one.resolvedAt === null,
  );
  if (found === undefined)
    throw new ArtenicError('not-found', `There is no orphaned instance ${instanceId} of ${provider}.`);
  if (found.dueAt !== null && found.dueAt > now())
    throw new ArtenicError(
      'conflict',
      `${instanceId} is in its grace period until ${found.dueAt.toISOString()}: a launch or a workflow may still need it.`,
    );
  await store.as(principal).reconcile.askRetry(found, now());
  const sweep = async (): Promise<void> => {
    try {
      await temporal.sweepNow(provider);
    } catch (error) {
      // the wish is stored, and the next sweep by schedule fulfils it
      logger.warn({ provider, instanceId, error: messageOf(error) }, 'the sweep could not be started');
    }
  };
  await promptly(sweep());
  return found;
}
