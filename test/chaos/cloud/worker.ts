import { runWorker } from '../../../workers/worker.ts';
import { connectFailpoints } from './failpoints.ts';
import { harnessSettings } from './settings.ts';
import { withoutLookup, withoutReconciler } from './sabotage.ts';
import { withCapacity, wrapActivities, wrapProvider } from './wrap.ts';

/** The worker as it is, with a hand on each of its steps. */
const { socket, sabotage, cloud, stickyTimeoutMs, capacityVcpu } = harnessSettings();
const ask = connectFailpoints(socket);
await runWorker({
  provider: (provider) => {
    if (provider.name !== 'simulated') return provider;
    const sabotaged = sabotage === 'no-lookup' ? withoutLookup(provider, cloud) : provider;
    return wrapProvider(capacityVcpu === null ? sabotaged : withCapacity(sabotaged, capacityVcpu), ask);
  },
  activities: (composed) => wrapActivities(sabotage === 'no-reconciler' ? withoutReconciler(composed) : composed, ask),
  workerOptions: stickyTimeoutMs === null ? {} : { stickyQueueScheduleToStartTimeout: stickyTimeoutMs },
});
