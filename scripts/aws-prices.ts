/**
 * Reads AWS's public price list (no account needed, some 250 MB a region, streamed) and writes the on-demand prices of
 * all Linux instances as the file that ARTENIC_AWS_PRICES_FILE names.
 * @example node scripts/aws-prices.ts --regions eu-west-1,us-east-1 --out aws-prices.json [--from URL]
 */
import { writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse';

const amazon = 'https://pricing.us-east-1.amazonaws.com';
/** Lines that describe the list itself precede the header. */
const headerLine = 6;

/** An instance type has a dozen prices, by system, tenancy and preinstalled software. This selects the plain one. */
const plain: Readonly<Record<string, string>> = {
  TermType: 'OnDemand',
  MarketOption: 'OnDemand',
  Tenancy: 'Shared',
  'Operating System': 'Linux',
  'Pre Installed S/W': 'NA',
  CapacityStatus: 'Used',
  operation: 'RunInstances',
  Unit: 'Hrs',
  Currency: 'USD',
};
const typeColumn = 'Instance Type';
const priceColumn = 'PricePerUnit';

async function pricesOf(url: string): Promise<Record<string, number>> {
  const response = await fetch(url);
  if (!response.ok || response.body === null) throw new Error(`${url} answers ${response.status}`);
  const rows = Readable.fromWeb(response.body as ReadableStream<Uint8Array>).pipe(
    parse({ from_line: headerLine, columns: true, relax_column_count: true }),
  );
  const prices: Record<string, number> = {};
  for await (const row of rows as AsyncIterable<Record<string, string | undefined>>) {
    if (Object.entries(plain).some(([column, value]) => row[column] !== value)) continue;
    const [type, usd] = [row[typeColumn], Number(row[priceColumn])];
    // Instance families (names without a dot) are prices of dedicated hosts.
    if (type === undefined || !type.includes('.') || !(usd > 0)) continue;
    if (prices[type] !== undefined && prices[type] !== usd) throw new Error(`${url} has two prices for ${type}`);
    prices[type] = usd;
  }
  if (Object.keys(prices).length === 0) throw new Error(`${url} has no price that we understand`);
  return Object.fromEntries(Object.entries(prices).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

const { values } = parseArgs({
  options: { regions: { type: 'string' }, out: { type: 'string' }, from: { type: 'string', default: amazon } },
});
if (values.regions === undefined || values.out === undefined) {
  process.stderr.write('usage: node scripts/aws-prices.ts --regions eu-west-1,us-east-1 --out FILE [--from URL]\n');
  process.exit(2);
}
const tables: Record<string, unknown> = {};
for (const region of values.regions.split(',')) {
  const source = `${values.from}/offers/v1.0/aws/AmazonEC2/current/${region}/index.csv`;
  const asOf = new Date().toISOString();
  const usdPerHour = await pricesOf(source);
  tables[region] = [{ asOf, source, usdPerHour }];
  process.stdout.write(`${region}: ${Object.keys(usdPerHour).length} types\n`);
}
writeFileSync(values.out, `${JSON.stringify(tables, null, 2)}\n`);
