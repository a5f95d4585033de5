import type { AttemptRecord } from '../../store/types.ts';
import { bootstrapTokenOf } from '../../store/access/tokens.ts';
import type { ProviderDeps } from '../deps.ts';
import type { InstanceBootstrap } from '../providers/provider.ts';

type LaunchingDeps = Pick<ProviderDeps, 'runner' | 'store' | 'traceparent'>;
type LaunchedAttempt = Pick<AttemptRecord, 'id' | 'jobId' | 'attempt' | 'traceparent' | 'launchTriedAt'>;

/**
 * Builds a runner's bootstrap. Each try of a launch gets the same text, because a provider refuses two different texts
 * under one client token.
 */
export async function bootstrapOf(
  deps: LaunchingDeps,
  provider: string,
  row: LaunchedAttempt,
): Promise<InstanceBootstrap> {
  const { apiUrl, onThisMachine, keyPepper, heartbeatIntervalMs, shipIntervalMs } = deps.runner;
  const isHere = onThisMachine.providers.has(provider);
  const endpointsFile = isHere ? onThisMachine.endpointsFile : null;
  const sharedRoot = isHere ? onThisMachine.sharedRoot : null;
  const traceparent = await traceparentOf(deps, row);
  return {
    ...{ attemptId: row.id, jobId: row.jobId, attempt: row.attempt, apiUrl },
    ...(endpointsFile === null ? {} : { endpointsFile }),
    bootstrapToken: bootstrapTokenOf(keyPepper, row.id),
    storage: sharedRoot === null ? { kind: 'signed' } : { kind: 'directory', root: sharedRoot },
    heartbeatIntervalMs,
    shipIntervalMs,
    ...(traceparent === null ? {} : { traceparent }),
  };
}

/** The `traceparent` of the first try. A launch whose first try had none keeps none. */
async function traceparentOf(deps: LaunchingDeps, row: LaunchedAttempt): Promise<string | null> {
  if (row.traceparent !== null || row.launchTriedAt !== null) return row.traceparent;
  const here = deps.traceparent();
  return here === null ? null : deps.store.attempts.setTraceparent(row.id, here);
}
