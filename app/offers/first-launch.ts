import type { FirstLaunchView, JobSpec } from '@artenic/core';
import { needsOf } from '../../core/capacity/needs.ts';
import { policyFor } from '../../core/failover/policy.ts';
import type { FailoverAction } from '../../core/failover/types.ts';
import { attemptIdOf } from '../../core/ids.ts';
import type { Store } from '../../store/types.ts';
import { findOffers } from './find-offers.ts';
import { queuesOf } from './queues.ts';

/** How long a refusal of another job counts, in milliseconds: as long as for a decision. */
const heardForMs = 300_000;

/** The part of a job that its first decision depends on. */
export type FirstLaunchSpec = Pick<JobSpec, 'resources' | 'placement' | 'priority'>;

type Deps = {
  readonly store: Pick<Store, 'providers' | 'catalogs' | 'capacity' | 'launchRefusals'>;
  readonly now: () => Date;
  readonly newId: () => string;
};

function viewOf(action: FailoverAction): FirstLaunchView {
  if (action.kind !== 'launch') return { offer: null, reason: action.reason };
  const { provider, region, zone = null, instanceType, spot, priceUsdMicrosPerHour } = action.offer;
  return { offer: { provider, region, zone, instanceType, spot, priceUsdMicrosPerHour }, reason: action.reason };
}

/** The first decision of such a job, if it were submitted now: by the rows and the policy that will decide. */
export async function firstLaunch({ store, now, newId }: Deps, spec: FirstLaunchSpec): Promise<FirstLaunchView> {
  const jobId = newId();
  const nowMs = now().getTime();
  const { offers, refusals } = await findOffers(store, spec);
  const { priority } = spec;
  const claim = { attemptId: attemptIdOf(jobId, 1), needs: needsOf(spec), priority, submittedAtMs: nowMs };
  const queues = await queuesOf(store, claim, offers);
  const heard = await store.launchRefusals.recent(new Date(nowMs - heardForMs), jobId);
  const action = policyFor(spec.placement.mode).decide({
    ...{ offers, refusals, nowMs, createdAtMs: nowMs, stopAtMs: null, cancelRequested: false },
    ...{ attempts: [], endings: [], ruledOut: [], launchRefusals: [], openAttempts: [], retryOnExitCodes: [] },
    ...(queues.length === 0 ? {} : { queues }),
    heard: heard.map(({ offer, kind, endedAt }) => ({ offer, kind, atMs: endedAt.getTime() })),
  });
  return viewOf(action);
}
