import type { OffersView } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { gather } from '../output/options.ts';
import { ago, table, usd } from '../output/output.ts';
import type { Runtime } from '../runtime.ts';

type Options = {
  readonly provider?: string;
  readonly region: readonly string[];
  readonly spot?: true;
  readonly onDemand?: true;
  readonly gpu?: string;
  readonly gpus?: string;
  readonly cores?: string;
  readonly memory?: string;
  readonly maxPrice?: string;
  readonly limit: string;
};

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new CliError('usage', `--${name} ${text} is no number`);
  return value;
}

async function list(runtime: Runtime, options: Options): Promise<void> {
  const { provider, region, spot, onDemand, gpu, gpus, cores, memory, maxPrice, limit } = options;
  if (spot === true && onDemand === true) throw new CliError('usage', '--spot and --on-demand exclude each other');
  const found = await runtime.client().offers({
    limit: numberOf('limit', limit),
    ...(provider === undefined ? {} : { provider }),
    ...(region.length === 0 ? {} : { regions: region }),
    ...(spot === true ? { market: 'spot' } : onDemand === true ? { market: 'on-demand' } : {}),
    ...(gpu === undefined ? {} : { gpu }),
    ...(gpus === undefined ? {} : { gpus: numberOf('gpus', gpus) }),
    ...(cores === undefined ? {} : { vcpu: numberOf('cores', cores) }),
    ...(memory === undefined ? {} : { memoryGib: numberOf('memory', memory) }),
    ...(maxPrice === undefined ? {} : { maxHourlyUsd: numberOf('max-price', maxPrice) }),
  });
  runtime.output().result(found, () => describe(found));
}

function describe({ items, total, catalogs }: OffersView): string {
  const rows = items.map((offer) => [
    ...[offer.provider, offer.zone ?? offer.region, offer.instanceType, offer.spot ? 'spot' : 'on demand'],
    ...[String(offer.vcpu), String(Math.round(offer.memoryGib * 10) / 10)],
    offer.gpus === 0 ? '' : `${offer.gpus} × ${offer.gpuType ?? 'GPU'}`,
    offer.priceUsdMicrosPerHour === 0 ? 'free' : usd(offer.priceUsdMicrosPerHour),
    offer.pricedAt === null ? '' : ago(offer.pricedAt),
  ]);
  const head = ['PROVIDER', 'ZONE', 'TYPE', 'MARKET', 'CORES', 'GIB', 'GPUS', 'PER HOUR', 'PRICE SAID'];
  const asked = catalogs.map(({ provider, refreshedAt, problem }) => {
    const fresh = refreshedAt === null ? 'has never answered' : `asked ${ago(refreshedAt)}`;
    return problem === null ? `${provider} ${fresh}` : `${provider} ${fresh}; now it says: ${problem}`;
  });
  const shown = items.length < total ? [`${total - items.length} more; --limit shows them`] : [];
  const none = catalogs.length === 0 ? 'no provider has been asked yet: is the worker running?' : 'nothing fits';
  return [items.length === 0 ? none : table(head, rows), ...shown, ...asked].join('\n');
}

export function addOffers(program: Command, runtime: Runtime): void {
  program
    .command('offers')
    .option('--provider <name>', 'only of this provider')
    .option('--region <name>', 'only in this region; may be given several times', gather, [])
    .option('--spot', 'only spot machines')
    .option('--on-demand', 'only on-demand machines')
    .option('--gpu <type>', 'with this accelerator, for example A100')
    .option('--gpus <number>', 'at least so many accelerators')
    .option('--cores <number>', 'at least so many cores')
    .option('--memory <gib>', 'at least so much memory')
    .option('--max-price <usd>', 'at most so much an hour')
    .option('--limit <number>', 'at most so many', '30')
    .description('what could be launched, cheapest first, and how old each price is')
    .action((options: Options) => list(runtime, options));
}
