import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ArtenicError, messageOf } from '../../../core/errors.ts';
import { usdMicrosOf } from '../usd-micros.ts';

/** Dated price tables by region. If several tables have a price for a type, the latest table's price counts. */
const onDemandPricesSchema = z.record(
  z.string(),
  z.array(
    z.strictObject({
      asOf: z.iso.datetime(),
      source: z.string().min(1),
      usdPerHour: z.record(z.string(), z.number().positive()),
    }),
  ),
);
export type OnDemandPrices = z.output<typeof onDemandPricesSchema>;

export type OnDemandPrice = {
  readonly instanceType: string;
  readonly priceUsdMicrosPerHour: number;
  readonly pricedAt: string;
};

const shippedFile = new URL('on-demand-prices.json', import.meta.url);

/** Reads the operator's file (from `node scripts/aws-prices.ts`), or the small dated table that the platform ships. */
export function readOnDemandPrices(path: string | null): OnDemandPrices {
  try {
    return onDemandPricesSchema.parse(JSON.parse(readFileSync(path ?? shippedFile, 'utf8')));
  } catch (cause) {
    throw new ArtenicError('invalid-request', `The price file ${path ?? ''} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

export function onDemandPricesOf(prices: OnDemandPrices, region: string): readonly OnDemandPrice[] {
  const newest = new Map<string, OnDemandPrice>();
  const tables = (prices[region] ?? []).toSorted((one, other) => Date.parse(one.asOf) - Date.parse(other.asOf));
  for (const { asOf, usdPerHour } of tables) {
    for (const [instanceType, usd] of Object.entries(usdPerHour)) {
      const priceUsdMicrosPerHour = usdMicrosOf(usd);
      if (priceUsdMicrosPerHour === null)
        throw new ArtenicError(
          'invalid-request',
          `The price of ${instanceType} in ${region} is ${usd}, which is not a price.`,
        );
      newest.set(instanceType, { instanceType, priceUsdMicrosPerHour, pricedAt: asOf });
    }
  }
  return [...newest.values()];
}
