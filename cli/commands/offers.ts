import { formatMoney, type OffersView, type OfferView } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { gather } from '../output/options.ts';
import { marketOf } from '../output/job-text.ts';
import type { Look } from '../output/look.ts';
import { paragraph, table } from '../output/table.ts';
import type { Runtime } from '../runtime.ts';
import { positiveNumber, wholeNumber } from './numbers.ts';

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

async function list(runtime: Runtime, options: Options): Promise<void> {
  const { provider, region, spot, onDemand, gpu, gpus, cores, memory, maxPrice, limit } = options;
  if (spot === true && onDemand === true) throw new CliError('usage', '--spot and --on-demand exclude each other');
  const found = await runtime.client().offers({
    limit: wholeNumber('limit', limit),
    ...(provider === undefined ? {} : { provider }),
    ...(region.length === 0 ? {} : { regions: region }),
    ...(spot === true ? { market: 'spot' } : onDemand === true ? { market: 'on-demand' } : {}),
    ...(gpu === undefined ? {} : { gpu }),
    ...(gpus === undefined ? {} : { gpus: positiveNumber('gpus', gpus) }),
    ...(cores === undefined ? {} : { vcpu: positiveNumber('cores', cores) }),
    ...(memory === undefined ? {} : { memoryGib: positiveNumber('memory', memory) }),
    ...(maxPrice === undefined ? {} : { maxHourlyUsd: positiveNumber('max-price', maxPrice) }),
  });
  runtime.output().result(found, (look) => describe(look, found));
}

function describe(look: Look, { items, total, catalogs }: OffersView): string {
  const asked = catalogs.map(({ provider, refreshedAt, problem }) => {
    const fresh = refreshedAt === null ? 'no prices yet' : `prices from ${look.ago(refreshedAt)}`;
    const text = problem === null ? `${provider}: ${fresh}` : `${provider}: ${fresh}; last refresh failed: ${problem}`;
    return look.paint(problem === null ? 'muted' : 'bad', paragraph(look, text));
  });
  const shown = items.length < total ? [`${total - items.length} more; --limit ${total} shows them.`] : [];
  const none =
    catalogs.length === 0 ? 'No provider has answered yet. Check the worker: `artenic doctor`.' : 'No matching offers.';
  return [items.length === 0 ? none : offerTable(look, items), ...shown, ...asked].join('\n');
}

function offerTable(look: Look, offers: readonly OfferView[]): string {
  return table(
    look,
    [
      { name: 'PROVIDER', cell: (offer) => offer.provider },
      { name: 'ZONE', cell: (offer) => offer.zone ?? offer.region },
      { name: 'TYPE', cell: (offer) => offer.instanceType },
      { name: 'MARKET', cell: marketOf },
      { name: 'CORES', cell: ({ vcpu }) => String(vcpu), isNumber: true, rank: 2 },
      { name: 'GIB', cell: ({ memoryGib }) => String(Math.round(memoryGib * 10) / 10), isNumber: true, rank: 3 },
      {
        name: 'GPUS',
        cell: ({ gpus, gpuType }) => (gpus === 0 ? '' : `${gpus} × ${gpuType ?? 'GPU'}`),
        ...{ isOptional: true, rank: 1 },
      },
      {
        name: 'PER HOUR',
        cell: ({ priceUsdMicrosPerHour: price }) => (price === 0 ? 'free' : formatMoney(price)),
        isNumber: true,
      },
      {
        name: 'PRICE UPDATED',
        cell: ({ pricedAt }) => (pricedAt === null ? '' : look.ago(pricedAt)),
        ...{ isOptional: true, rank: 4 },
      },
    ],
    offers,
  );
}

export function addOffers(program: Command, runtime: Runtime): void {
  program
    .command('offers')
    .option('--provider <name>', 'Only of this provider')
    .option('--region <name>', 'Only in this region; repeatable', gather, [])
    .option('--spot', 'Only spot machines')
    .option('--on-demand', 'Only on-demand machines')
    .option('--gpu <type>', 'With this accelerator, for example A100')
    .option('--gpus <number>', 'Minimum number of accelerators')
    .option('--cores <number>', 'Minimum number of cores')
    .option('--memory <gib>', 'Minimum memory')
    .option('--max-price <usd>', 'Maximum price per hour')
    .option('--limit <number>', 'Maximum number of offers', '30')
    .description('List machines that could be launched, cheapest first')
    .action((options: Options) => list(runtime, options));
}
