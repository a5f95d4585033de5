import type { CheckActivities } from '../contracts/index.ts';
import type { ReconcileDeps } from '../deps.ts';
import { withFailures } from '../failures.ts';
import { providerNamed } from '../reconcile/survey.ts';

type CheckDeps = Pick<ReconcileDeps, 'store' | 'providers' | 'now'>;

export function createCheckActivities(deps: CheckDeps): CheckActivities {
  return withFailures<CheckActivities>({ checkProvider: ({ provider }) => checkProvider(deps, provider) });
}

/** Updates the provider's row, which the API shows. If several hosts serve a provider, the last check wins. */
async function checkProvider(
  { store, providers, now }: CheckDeps,
  name: string,
): ReturnType<CheckActivities['checkProvider']> {
  const provider = providerNamed({ providers }, name);
  const check = await provider.check();
  const clockSkewMs = await store.reconcile.clockSkewMs();
  const { capabilities } = provider;
  await store.providers.upsert({ name, capabilities, ...check, clockSkewMs, checkedAt: now() });
  return { usable: check.usable, message: check.message };
}
