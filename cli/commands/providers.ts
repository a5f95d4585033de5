import type { Command } from 'commander';
import { ago, table } from '../output/output.ts';
import type { Runtime } from '../runtime.ts';

async function list(runtime: Runtime): Promise<void> {
  const providers = await runtime.client().providers();
  const share = (used: number | undefined, all: number | undefined): string =>
    all === undefined ? '' : `${used ?? 0}/${all}`;
  runtime.output().result(providers, () =>
    table(
      ['PROVIDER', 'USABLE', 'CORES IN USE', 'GPUS IN USE', 'CHECKED', 'MESSAGE'],
      providers.map(({ name, usable, capacity, inUse, checkedAt, message }) => [
        name,
        usable ? 'yes' : 'no',
        share(inUse?.vcpu, capacity?.vcpu),
        share(inUse?.gpus, capacity?.gpus),
        ago(checkedAt),
        message,
      ]),
    ),
  );
}

export function addProviders(program: Command, runtime: Runtime): void {
  const provider = program.command('provider').alias('providers').description('where jobs can run');
  provider
    .command('list')
    .description('whether each can be used, and what of it is')
    .action(() => list(runtime));
}
