import type { InstanceHandle, LaunchRequest, Provider } from '../../activities/providers/provider.ts';
import { isArtenicError } from '../../core/errors.ts';
import type { Offer } from '../../core/failover/types.ts';
import { poll } from '../support/poll.ts';

export const secret = 'a-bootstrap-token-of-at-least-32-characters';

/** A small request that contains the secret; nothing listens at the address that its machine would call. */
export function launchRequest(attemptId: string, offer: Offer, storageRoot = '/nowhere'): LaunchRequest {
  return {
    attemptId,
    launch: 1,
    offer,
    needs: { vcpu: 1, memoryGib: 1, gpus: 0 },
    mayExist: false,
    powerOffAfterSeconds: 3600,
    bootstrap: {
      ...{ attemptId, jobId: 'job', attempt: 1, apiUrl: 'http://127.0.0.1:1', bootstrapToken: secret },
      ...{ storage: { kind: 'directory', root: storageRoot }, heartbeatIntervalMs: 1000, shipIntervalMs: 250 },
    },
  };
}

/** Retries a launch until it is ready, as Temporal does. Each retry says that an earlier call was made. */
export function launchPatiently(provider: Provider, request: LaunchRequest): Promise<InstanceHandle> {
  let asked = request;
  return poll(`the launch of ${request.attemptId}`, 20_000, async () => {
    try {
      return await provider.launch(asked);
    } catch (error) {
      if (!isArtenicError(error, 'not-ready')) throw error;
      asked = { ...request, mayExist: true };
      return null;
    }
  });
}
