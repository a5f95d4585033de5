import { sql, type RawBuilder } from 'kysely';
import type { OfferType, OfferTypeSearch } from '../../core/catalog/catalog.ts';
import type { Db } from '../database.ts';

/** Orders of the list. The name makes each of them total. */
const orders: Readonly<Record<OfferTypeSearch['sort'], string>> = {
  price: `least(min(o.price_usd_micros_per_hour) filter (where o.spot),
    min(o.price_usd_micros_per_hour) filter (where not o.spot))`,
  name: 'o.instance_type',
  cores: 'o.vcpu desc',
  memory: 'o.memory_gib desc',
  gpus: 'o.gpus desc',
};

type Raw = Omit<OfferType, 'spotFromUsdMicrosPerHour' | 'onDemandFromUsdMicrosPerHour'> & {
  readonly spotFrom: string | null;
  readonly onDemandFrom: string | null;
};

const money = (text: string | null): number | null => (text === null ? null : Number(text));

function nameLike(search: string | undefined): RawBuilder<unknown> {
  if (search === undefined) return sql`true`;
  const pattern = `%${search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  return sql`(o.instance_type ilike ${pattern} or coalesce(o.gpu_type, '') ilike ${pattern} or o.provider ilike ${pattern})`;
}

/** Offers by machine type: a row for each, with its cheapest prices. */
export async function searchTypes(
  db: Db,
  { sort, limit, search }: Pick<OfferTypeSearch, 'sort' | 'limit' | 'search'>,
  from: RawBuilder<unknown>,
  where: RawBuilder<unknown>,
): Promise<{ readonly items: readonly OfferType[]; readonly total: number }> {
  const grouped = sql`from ${from} join offers o on o.provider = p.provider where ${where} and ${nameLike(search)}
    group by o.provider, o.instance_type, o.vcpu, o.memory_gib, o.gpus, o.gpu_type`;
  const { rows } = await sql<Raw>`
    select o.provider, o.instance_type as "instanceType", o.vcpu, o.memory_gib as "memoryGib", o.gpus,
      o.gpu_type as "gpuType", count(distinct (o.region, o.zone))::int as places,
      count(distinct o.region)::int as regions,
      min(o.price_usd_micros_per_hour) filter (where o.spot) as "spotFrom",
      min(o.price_usd_micros_per_hour) filter (where not o.spot) as "onDemandFrom"
    ${grouped} order by ${sql.raw(orders[sort])}, o.instance_type, o.provider limit ${limit}`.execute(db);
  const counted = await sql<{ total: number }>`select count(*)::int as total from (select 1 ${grouped}) t`.execute(db);
  return {
    items: rows.map(({ spotFrom, onDemandFrom, ...row }) => ({
      ...row,
      spotFromUsdMicrosPerHour: money(spotFrom),
      onDemandFromUsdMicrosPerHour: money(onDemandFrom),
    })),
    total: counted.rows[0]?.total ?? 0,
  };
}
