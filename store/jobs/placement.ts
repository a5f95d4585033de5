import type { JobSpec, Market } from '@artenic/core';
import type { Offer } from '../../core/failover/types.ts';
import type { Db } from '../database.ts';

type Placement = { readonly provider: string | null; readonly market: Market | null };

/** A job without attempts is listed under the only provider and market that it may run on. */
export function onlyPlacement({ placement }: JobSpec): Placement {
  const [provider = null, ...others] = placement.providers;
  return {
    provider: others.length === 0 ? provider : null,
    market: placement.mode === 'spot-with-fallback' ? null : placement.mode,
  };
}

/** The offer of the newest attempt, for the list of jobs. */
export async function noteOffer(db: Db, jobId: string, { provider, spot }: Offer): Promise<void> {
  const market: Market = spot ? 'spot' : 'on-demand';
  await db.updateTable('jobs').set({ provider, market }).where('id', '=', jobId).execute();
}
