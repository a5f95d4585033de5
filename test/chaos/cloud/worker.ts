import type { ComposedActivities } from '../../../workers/compose/activities.ts';
import { runWorker } from '../../../workers/worker.ts';
import { connectFailpoints } from './failpoints.ts';
import { harnessSettings } from './settings.ts';
import { withoutLookup, withoutReconciler, withoutSilenceCheck } from './sabotage.ts';
import { withCapacity, wrapActivities, wrapProvider, wrapStorage } from './wrap.ts';

/** The real worker, with a failpoint at each of its steps. */
const { socket, sabotage, cloud, stickyTimeoutMs, capacityVcpu } = harnessSettings();
const ask = connectFailpoints(socket);
function sabotaged(composed: ComposedActivities): ComposedActivities {
  if (sabotage === 'no-reconciler') return withoutReconciler(composed);
  return sabotage === 'no-silence-check' ? withoutSilenceCheck(composed) : composed;
}

await runWorker({
  provider: (provider) => {
    if (provider.name !== 'simulated') return provider;
    const wrong = sabotage === 'no-lookup' ? withoutLookup(provider, cloud) : provider;
    return wrapProvider(capacityVcpu === null ? wrong : withCapacity(wrong, capacityVcpu), ask);
  },
  storage: (storage) => wrapStorage(storage, ask),
  activities: (composed) => wrapActivities(sabotaged(composed), ask),
  workerOptions: stickyTimeoutMs === null ? {} : { stickyQueueScheduleToStartTimeout: stickyTimeoutMs },
});
