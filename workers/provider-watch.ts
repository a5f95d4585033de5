import type { Logger } from 'pino';
import type { Provider } from '../activities/providers/provider.ts';
import { messageOf } from '../core/errors.ts';
import type { Store } from '../store/types.ts';

export type ProviderWatchDeps = {
  readonly providers: ReadonlyMap<string, Provider>;
  readonly store: Store;
  readonly logger: Logger;
  readonly intervalMs: number;
};

/** Keeps the rows that the API shows true: whether each provider can be used, and what it has. The first look is awaited. */
export async function watchProviders(deps: ProviderWatchDeps): Promise<{ readonly close: () => Promise<void> }> {
  async function look(): Promise<void> {
    for (const provider of deps.providers.values()) {
      try {
        const check = await provider.check();
        const clockSkewMs = await deps.store.reconcile.clockSkewMs();
        await deps.store.providers.upsert({
          name: provider.name,
          capabilities: provider.capabilities,
          ...check,
          clockSkewMs,
          checkedAt: new Date(),
        });
      } catch (error) {
        deps.logger.warn({ provider: provider.name, error: messageOf(error) }, 'the provider could not be checked');
      }
    }
  }
  await look();
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, deps.intervalMs);
  return {
    close: async () => {
      clearInterval(timer);
      await looking;
    },
  };
}
