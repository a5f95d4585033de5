import type { ProviderView } from '@artenic/core';
import type { Command } from 'commander';
import type { Look } from '../output/look.ts';
import { table } from '../output/table.ts';
import type { Runtime } from '../runtime.ts';

function share(used: number | undefined, all: number | undefined): string {
  return all === undefined ? '' : `${used ?? 0}/${all}`;
}

function providerTable(look: Look, providers: readonly ProviderView[]): string {
  return table(
    look,
    [
      { name: 'PROVIDER', cell: ({ name }) => name },
      {
        name: 'STATUS',
        cell: ({ usable }) => (usable ? 'healthy' : 'unavailable'),
        tone: ({ usable }) => (usable ? 'ok' : 'bad'),
      },
      {
        name: 'CORES IN USE',
        cell: ({ capacity, inUse }) => share(inUse?.vcpu, capacity?.vcpu),
        ...{ isNumber: true, isOptional: true, rank: 2 },
      },
      {
        name: 'GPUS IN USE',
        cell: ({ capacity, inUse }) => share(inUse?.gpus, capacity?.gpus),
        ...{ isNumber: true, isOptional: true, rank: 3 },
      },
      { name: 'CHECKED', cell: ({ checkedAt }) => look.ago(checkedAt), rank: 1 },
      { name: 'MESSAGE', cell: ({ message }) => message },
    ],
    providers,
  );
}

async function list(runtime: Runtime): Promise<void> {
  const providers = await runtime.client().providers();
  runtime
    .output()
    .result(providers, (look) => (providers.length === 0 ? 'No providers.' : providerTable(look, providers)));
}

export function addProviders(program: Command, runtime: Runtime): void {
  program
    .command('provider')
    .alias('providers')
    .description('Compute providers')
    .command('list')
    .description('List providers and usage')
    .action(() => list(runtime));
}
