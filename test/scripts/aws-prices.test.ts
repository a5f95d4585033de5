import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { onDemandPricesOf, readOnDemandPrices } from '../../activities/providers/aws/prices.ts';

const script = fileURLToPath(new URL('../../scripts/aws-prices.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'artenic-prices-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The relevant columns of AWS's list, in its order, and a value for the other columns. */
const columns = [
  ...['SKU', 'TermType', 'PriceDescription', 'Unit', 'PricePerUnit', 'Currency', 'Location', 'Instance Type', 'Memory'],
  ...['Tenancy', 'Operating System', 'CapacityStatus', 'MarketOption', 'operation', 'Pre Installed S/W'],
] as const;
type Row = Partial<Record<(typeof columns)[number], string>>;
const plain: Row = {
  ...{ SKU: '2223B6PCG6QAUYY6', TermType: 'OnDemand', Unit: 'Hrs', Currency: 'USD', Location: 'EU (Ireland)' },
  ...{ Memory: '1,952 GiB', Tenancy: 'Shared', 'Operating System': 'Linux', CapacityStatus: 'Used' },
  ...{ MarketOption: 'OnDemand', operation: 'RunInstances', 'Pre Installed S/W': 'NA' },
  PriceDescription: '"$0.107 per ""On Demand"" Linux m6i.large Instance Hour"',
};
const lineOf = (row: Row): string =>
  `${columns.map((name) => (name === 'PriceDescription' ? row[name] : `"${row[name] ?? ''}"`)).join(',')}\n`;
const about = ['FormatVersion', 'Disclaimer', 'Publication Date', 'Version', 'OfferCode'];
const head = `${about.map((name) => `"${name}","x"\n`).join('')}${columns.map((name) => `"${name}"`).join(',')}\n`;

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(lines: () => Iterable<string>): Promise<string> {
  server = createServer((request, response) => {
    if (request.url !== '/offers/v1.0/aws/AmazonEC2/current/eu-west-1/index.csv') response.writeHead(404).end();
    else Readable.from(lines()).pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const run = (from: string, out: string, nodeOptions: readonly string[] = []) =>
  promisify(execFile)(process.execPath, [
    ...nodeOptions,
    script,
    '--regions',
    'eu-west-1',
    '--out',
    out,
    '--from',
    from,
  ]);

test('takes the plain price of each type out of a list that does not fit into memory', async () => {
  const noise = lineOf({ ...plain, TermType: 'Reserved', 'Instance Type': 'm6i.large', PricePerUnit: '0.06' });
  const from = await serve(function* lines() {
    yield head;
    yield lineOf({ ...plain, 'Instance Type': 'm6i.large', PricePerUnit: '0.1070000000' });
    for (const [column, value] of [
      ['Operating System', 'Windows'],
      ['Tenancy', 'Dedicated'],
      ['CapacityStatus', 'UnusedCapacityReservation'],
      ['Pre Installed S/W', 'SQL Web'],
      ['operation', 'RunInstances:0002'],
      ['MarketOption', 'CapacityBlock'],
      ['Unit', 'Quantity'],
      ['PricePerUnit', '0.0000000000'],
    ] as const)
      yield lineOf({ ...plain, 'Instance Type': 'm6i.large', PricePerUnit: '9', [column]: value });
    yield lineOf({ ...plain, 'Instance Type': 'm6i', PricePerUnit: '5' });
    for (let index = 0; index < 2000; index++) yield noise.repeat(100);
    yield lineOf({ ...plain, 'Instance Type': 'p5.48xlarge', PricePerUnit: '63.29600000' });
  });
  const out = join(folder, 'prices.json');
  const { stdout } = await run(from, out, ['--max-old-space-size=40']);
  expect(stdout).toBe('eu-west-1: 2 types\n');
  const prices = readOnDemandPrices(out);
  expect(prices['eu-west-1']?.[0]?.source).toContain('/eu-west-1/index.csv');
  expect(onDemandPricesOf(prices, 'eu-west-1')).toEqual([
    { instanceType: 'm6i.large', priceUsdMicrosPerHour: 107_000, pricedAt: expect.any(String) },
    { instanceType: 'p5.48xlarge', priceUsdMicrosPerHour: 63_296_000, pricedAt: expect.any(String) },
  ]);
});

test('writes nothing when the list is not what it was', async () => {
  const out = join(folder, 'none.json');
  const from = await serve(() => [head, lineOf({ ...plain, 'Instance Type': 'm6i.large' })]);
  await expect(run(from, out)).rejects.toThrow('has no price that we understand');
  await expect(run('http://127.0.0.1:9', out)).rejects.toThrow('fetch failed');
  expect(() => readFileSync(out)).toThrow('ENOENT');
  expect(() => readOnDemandPrices(out)).toThrow('cannot be read');
});

test('the table that comes with the platform says of which day each price is, and the newest price counts', () => {
  const shipped = readOnDemandPrices(null);
  const rows = onDemandPricesOf(shipped, 'us-east-1');
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.every(({ pricedAt }) => Date.parse(pricedAt) < Date.now())).toBe(true);
  expect(rows.find(({ instanceType }) => instanceType === 'g6e.2xlarge')?.priceUsdMicrosPerHour).toBe(2_242_080);
  const two = {
    r: [
      { asOf: '2026-02-01T00:00:00Z', source: 'new', usdPerHour: { a: 2 } },
      { asOf: '2026-01-01T00:00:00Z', source: 'old', usdPerHour: { a: 1, b: 1 } },
    ],
  };
  expect(
    onDemandPricesOf(two, 'r').map(({ instanceType, priceUsdMicrosPerHour }) => [instanceType, priceUsdMicrosPerHour]),
  ).toEqual([
    ['a', 2_000_000],
    ['b', 1_000_000],
  ]);
});
