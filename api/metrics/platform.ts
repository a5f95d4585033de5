import { Gauge, type Registry } from 'prom-client';
import { isArtenicError } from '../../core/errors.ts';
import type { Store } from '../../store/types.ts';

export type PlatformMetrics = {
  /** Reads the numbers that are in PostgreSQL. While it is away they are left out, and `artenic_database_up` is 0. */
  readonly refresh: (store: Pick<Store, 'reconcile' | 'providers'>) => Promise<void>;
};

export function createPlatformMetrics(registry: Registry): PlatformMetrics {
  const registers = [registry];
  const up = new Gauge({
    name: 'artenic_database_up',
    help: 'Whether PostgreSQL answered when these metrics were read',
    registers,
  });
  const unresolved = new Gauge({
    name: 'artenic_unresolved_instances',
    help: 'Instances that exist at the provider, should not, and are past their grace',
    labelNames: ['provider'],
    registers,
  });
  const lastSuccess = new Gauge({
    name: 'artenic_reconcile_last_success_timestamp_seconds',
    help: 'When a sweep of the provider last came to its end',
    labelNames: ['provider'],
    registers,
  });
  async function read({ providers, reconcile }: Pick<Store, 'reconcile' | 'providers'>): Promise<void> {
    const [known, sweeps, strays] = await Promise.all([providers.list(), reconcile.sweeps(), reconcile.unresolved()]);
    const now = new Date();
    for (const { name } of known) {
      const overdue = strays.filter(({ provider, dueAt }) => provider === name && (dueAt === null || dueAt <= now));
      unresolved.set({ provider: name }, overdue.length);
    }
    for (const { provider, succeededAt } of sweeps) {
      if (succeededAt !== null) lastSuccess.set({ provider }, succeededAt.getTime() / 1000);
    }
  }
  return {
    refresh: async (store) => {
      unresolved.reset();
      lastSuccess.reset();
      try {
        await read(store);
        up.set(1);
      } catch (error) {
        if (!isArtenicError(error)) throw error;
        up.set(0);
      }
    },
  };
}
