import { randomInt, randomUUID } from 'node:crypto';
import { uploadShards } from '../../store/retention/collect-uploads.ts';
import { collectGarbage } from '../../store/retention/collector.ts';
import type { CollectorDeps } from '../../store/retention/round.ts';
import type { CollectorActivities } from '../contracts/index.ts';
import { withFailures } from '../failures.ts';

/** Longer than a round may take, so that an abandoned try ends before the next one can get the lease. */
const leaseMs = 10 * 60_000;

export function createCollectorActivities(deps: CollectorDeps): CollectorActivities {
  return withFailures<CollectorActivities>({
    collectGarbage: async ({ limit }) => {
      const { retention } = deps.store;
      const holder = randomUUID();
      if (!(await retention.lease(holder, leaseMs))) return { isBusy: true, steps: [] };
      try {
        const round = { isDryRun: false, limit, shard: randomInt(uploadShards) };
        return { isBusy: false, steps: await collectGarbage(deps, round) };
      } finally {
        await retention.endLease(holder);
      }
    },
  });
}
