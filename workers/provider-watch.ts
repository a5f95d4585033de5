import type { Logger } from 'pino';
import type { Provider } from '../activities/providers/provider.ts';
import { everyMs, type Loop } from '../app/loops/every.ts';
import { messageOf } from '../core/errors.ts';
import type { ActingStore } from '../store/types.ts';

export type ProviderWatchDeps = {
  readonly providers: ReadonlyMap<string, Provider>;
  readonly store: ActingStore;
  readonly logger: Logger;
  readonly intervalMs: number;
};

/**
 * Keeps the rows that the API shows true: whether each provider can be used, and what it has. Each provider has a loop of
 * its own, so that one that hangs delays no other, nor the start of the worker.
 */
export function watchProviders(deps: ProviderWatchDeps): Loop & {
  /** Whether each provider has been looked at once. */
  readonly hasLooked: () => boolean;
} {
  const unseen = new Set(deps.providers.keys());

  async function look(provider: Provider): Promise<void> {
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
    } finally {
      unseen.delete(provider.name);
    }
  }
  const loops = [...deps.providers.values()].map((provider) =>
    everyMs(deps.intervalMs, () => look(provider), {
      onError: (error) =>
        deps.logger.warn({ provider: provider.name, error: messageOf(error) }, 'the provider could not be checked'),
    }),
  );
  return {
    hasLooked: () => unseen.size === 0,
    close: async () => void (await Promise.all(loops.map((loop) => loop.close()))),
  };
}
