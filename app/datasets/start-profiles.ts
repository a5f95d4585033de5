import type { ActingStore, ProfileRun } from '../../store/types.ts';
import type { TemporalGateway } from '../temporal/gateway.ts';

/** Profiling that has not finished after this is started again; Temporal refuses a second run beside an open one. */
const lostMs = 600_000;

export const profilesLostAt = (now: Date): Date => new Date(now.getTime() - lostMs);

/** Starts the profiling of a version that was committed, or whose workflow was lost. */
export async function startProfiles(
  deps: {
    readonly store: ActingStore;
    readonly temporal: Pick<TemporalGateway, 'startProfileDataset'>;
    readonly now: () => Date;
  },
  { datasetId, version }: ProfileRun,
): Promise<void> {
  await deps.temporal.startProfileDataset({ datasetId, version });
  await deps.store.profiles.markStarted(datasetId, version, deps.now());
}
