import { ArtenicError } from '../../../core/errors.ts';
import type { Store } from '../../../store/types.ts';
import type { Provider } from '../provider.ts';
import { providerName } from './instance.ts';
import { capabilities, offersOf } from './offers.ts';

/**
 * The local provider as a process sees it that serves no local queue: offers are what the machine that does has told of itself,
 * and everything that is done with an instance is another worker's.
 */
export function createLocalElsewhere({ providers }: Pick<Store, 'providers'>): Provider {
  const notHere = (): Promise<never> =>
    Promise.reject(new ArtenicError('transient', 'This worker serves no instances of its machine.'));
  return {
    name: providerName,
    capabilities,
    check: notHere,
    offers: async (query) => {
      const capacity = (await providers.find(providerName))?.capacity ?? null;
      return capacity === null ? [] : offersOf(query, capacity);
    },
    catalog: notHere,
    launch: notHere,
    describe: notHere,
    list: notHere,
    find: notHere,
    terminate: notHere,
    console: notHere,
  };
}
