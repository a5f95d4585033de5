import { sql, type RawBuilder } from 'kysely';
import { mostOffersOfProvider, type CatalogOffer, type OfferSearch } from '../../core/catalog/catalog.ts';
import { gpuWordsOf } from '../../core/catalog/gpu-type.ts';
import { capacityTolerance } from '../../core/capacity/grant.ts';
import { inTransaction, json, lock, storable, type Db } from '../database.ts';
import type { CatalogRecord, CatalogsRepository } from '../types.ts';
import { searchTypes } from './offer-types.ts';

/** Ages use the database's clock, because the clocks of workers differ. */
const record = sql`provider, refreshed_at as "refreshedAt", tried_at as "triedAt", problem, problem_type as "problemType",
  extract(epoch from clock_timestamp() - refreshed_at) * 1000 as "ageMs",
  extract(epoch from clock_timestamp() - spot_refreshed_at) * 1000 as "spotAgeMs"`;

type RawRecord = Omit<CatalogRecord, 'ageMs' | 'spotAgeMs'> & {
  readonly ageMs: string | null;
  readonly spotAgeMs: string | null;
};

async function records(db: Db, where: RawBuilder<unknown>): Promise<readonly CatalogRecord[]> {
  const { rows } = await sql<RawRecord>`select ${record} from catalogs where ${where} order by provider`.execute(db);
  return rows.map(({ ageMs, spotAgeMs, ...row }) => ({
    ...row,
    ageMs: ageMs === null ? null : Number(ageMs),
    spotAgeMs: spotAgeMs === null ? null : Number(spotAgeMs),
  }));
}

/** Rows are passed as JSON: one parameter for any number of rows. */
function rowOf({ region, zone = '', instanceType, spot, priceUsdMicrosPerHour, billing, resources }: CatalogOffer) {
  const { vcpu, memoryGib, gpus, gpuType } = resources;
  return {
    ...{ region, zone, spot, vcpu, gpus, instance_type: instanceType, memory_gib: memoryGib },
    ...{ price_usd_micros_per_hour: priceUsdMicrosPerHour, priced_at: billing?.pricedAt ?? null },
    ...{ minimum_seconds: billing?.minimumSeconds ?? null, granularity_seconds: billing?.granularitySeconds ?? null },
    ...{ gpu_type: gpuType, gpu_words: gpuType === null ? null : gpuWordsOf(gpuType) },
  };
}

const values = sql.raw(
  `price_usd_micros_per_hour, priced_at, minimum_seconds, granularity_seconds, vcpu, memory_gib, gpus, gpu_type, gpu_words`,
);
const changes = sql.raw(
  ['price_usd_micros_per_hour', 'priced_at', 'minimum_seconds', 'granularity_seconds', 'vcpu', 'memory_gib', 'gpus']
    .concat('gpu_type', 'gpu_words')
    .map((column) => `${column} = excluded.${column}`)
    .join(', '),
);

async function putOffers(
  db: Db,
  provider: string,
  offers: readonly CatalogOffer[],
  part: 'all' | 'spot',
): Promise<void> {
  const rows = offers
    .filter(({ spot }) => part === 'all' || spot)
    .toSorted((one, other) => one.priceUsdMicrosPerHour - other.priceUsdMicrosPerHour)
    .slice(0, mostOffersOfProvider);
  await sql`
    with told as materialized (
      select distinct on (region, zone, instance_type, spot) * from jsonb_to_recordset(${json(rows.map(rowOf))}) as row (
        region text, zone text, instance_type text, spot boolean, price_usd_micros_per_hour bigint,
        priced_at timestamptz(3), minimum_seconds int, granularity_seconds int, vcpu double precision,
        memory_gib double precision, gpus int, gpu_type text, gpu_words text[])
      order by region, zone, instance_type, spot, price_usd_micros_per_hour
    ), gone as (
      delete from offers o where o.provider = ${provider} and (o.spot or ${part === 'all'})
        and not exists (select from told t where (t.region, t.zone, t.instance_type, t.spot)
          = (o.region, o.zone, o.instance_type, o.spot))
    )
    insert into offers as known (provider, region, zone, instance_type, spot, ${values})
    select ${provider}, region, zone, instance_type, spot, ${values} from told
    on conflict (provider, region, zone, instance_type, spot) do update set ${changes}
    where (${sql.raw('known.*')}) is distinct from (${sql.raw('excluded.*')})`.execute(db);
}

async function put(
  db: Db,
  provider: string,
  offers: readonly CatalogOffer[],
  part: 'all' | 'spot',
  at: Date,
): Promise<void> {
  await inTransaction(db, async (transaction) => {
    // Two concurrent refreshes of a provider write the same rows.
    await lock(transaction, `offers:${provider}`);
    await putOffers(transaction, provider, offers, part);
    const columns = {
      ...{ spotRefreshedAt: at, triedAt: at, problem: null, problemType: null },
      ...(part === 'all' ? { refreshedAt: at } : {}),
    };
    await transaction
      .insertInto('catalogs')
      .values({ provider, ...columns })
      .onConflict((conflict) => conflict.column('provider').doUpdateSet(columns))
      .execute();
  });
}

function conditionsOf(query: Omit<OfferSearch, 'providers'>): RawBuilder<unknown> {
  const { regions = [], withoutRegions = [], instanceTypes, spot, gpuType, needs = {}, mostUsdMicrosPerHour } = query;
  const { vcpu = 0, memoryGib = 0, gpus = 0 } = needs;
  const conditions = [
    sql`o.vcpu >= ${vcpu - capacityTolerance} and o.memory_gib >= ${memoryGib - capacityTolerance}`,
    ...(regions.length === 0 ? [] : [sql`(o.region = any (${regions}) or o.provider = any (${withoutRegions}))`]),
    ...(instanceTypes === undefined ? [] : [sql`o.instance_type = any (${instanceTypes})`]),
    ...(spot === undefined ? [] : [sql`o.spot = ${spot}`]),
    // Written like the index's condition, so that the index is used.
    ...(gpus > 0 || gpuType !== undefined ? [sql`o.gpus > 0 and o.gpus >= ${gpus}`] : []),
    ...(gpuType === undefined ? [] : [sql`o.gpu_words @> ${gpuWordsOf(gpuType)}::text[]`]),
    ...(mostUsdMicrosPerHour === undefined ? [] : [sql`o.price_usd_micros_per_hour <= ${mostUsdMicrosPerHour}`]),
  ];
  return sql.join(conditions, sql` and `);
}

/** Providers in the order of preference at equal prices; without a list, all providers by name. */
function providersOf(providers: readonly string[] | undefined): RawBuilder<unknown> {
  return providers === undefined
    ? sql`(select provider, row_number() over (order by provider) as rank from catalogs) p`
    : sql`unnest(${providers}::text[]) with ordinality p (provider, rank)`;
}

type OfferRow = Omit<CatalogOffer, 'billing' | 'resources' | 'priceUsdMicrosPerHour'> & {
  readonly priceUsdMicrosPerHour: string;
  readonly pricedAt: Date | null;
  readonly minimumSeconds: number | null;
  readonly granularitySeconds: number | null;
} & CatalogOffer['resources'];

/** An index gives the cheapest offers of each provider; the cheapest of those are the cheapest of all. */
async function search(
  db: Db,
  { providers, limit, ...query }: OfferSearch & { readonly limit: number },
): Promise<readonly CatalogOffer[]> {
  const { rows } = await sql<OfferRow>`
    select f.provider, f.region, f.zone, f.instance_type as "instanceType", f.spot,
      f.price_usd_micros_per_hour as "priceUsdMicrosPerHour", f.priced_at as "pricedAt",
      f.minimum_seconds as "minimumSeconds", f.granularity_seconds as "granularitySeconds",
      f.vcpu, f.memory_gib as "memoryGib", f.gpus, f.gpu_type as "gpuType"
    from ${providersOf(providers)} cross join lateral (
      select * from offers o where o.provider = p.provider and ${conditionsOf(query)}
      order by o.price_usd_micros_per_hour limit ${limit}
    ) f
    order by f.price_usd_micros_per_hour, p.rank, f.region, f.zone, f.instance_type, f.spot limit ${limit}`.execute(db);
  return rows.map(offerOf);
}

function offerOf(row: OfferRow): CatalogOffer {
  const { provider, region, zone, instanceType, spot, pricedAt, minimumSeconds, granularitySeconds } = row;
  const { vcpu, memoryGib, gpus, gpuType } = row;
  return {
    ...{ provider, region, ...(zone === '' ? {} : { zone }), instanceType, spot },
    priceUsdMicrosPerHour: Number(row.priceUsdMicrosPerHour),
    ...(pricedAt === null || minimumSeconds === null || granularitySeconds === null
      ? {}
      : { billing: { pricedAt: pricedAt.toISOString(), minimumSeconds, granularitySeconds } }),
    resources: { vcpu, memoryGib, gpus, gpuType },
  };
}

async function count(db: Db, { providers, ...query }: OfferSearch): Promise<number> {
  const { rows } = await sql<{ found: string }>`
    select count(*) as found from ${providersOf(providers)} join offers o on o.provider = p.provider
    where ${conditionsOf(query)}`.execute(db);
  return Number(rows[0]?.found ?? 0);
}

export function createCatalogs(db: Db): CatalogsRepository {
  return {
    put: (provider, offers, part, at) => put(db, provider, offers, part, at),
    refused: async (provider, { type, message }, at) => {
      const columns = { triedAt: at, problem: storable(message), problemType: type };
      await db
        .insertInto('catalogs')
        .values({ provider, ...columns })
        .onConflict((conflict) => conflict.column('provider').doUpdateSet(columns))
        .execute();
    },
    find: async (provider) => (await records(db, sql`provider = ${provider}`))[0] ?? null,
    list: () => records(db, sql`true`),
    search: (query) => search(db, query),
    count: (query) => count(db, query),
    types: ({ sort, limit, search, providers, ...query }) =>
      searchTypes(db, { sort, limit, search }, providersOf(providers), conditionsOf(query)),
  };
}
