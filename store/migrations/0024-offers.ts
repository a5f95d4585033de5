import { Migration } from '@mikro-orm/migrations';

/** `zone` is empty if the provider chooses it, because a part of the key cannot be null. */
const offers = `
create table offers (
  provider text not null,
  region text not null,
  zone text not null,
  instance_type text not null,
  spot boolean not null,
  price_usd_micros_per_hour bigint not null,
  priced_at timestamptz(3) null,
  minimum_seconds int null,
  granularity_seconds int null,
  vcpu double precision not null,
  memory_gib double precision not null,
  gpus int not null,
  gpu_type text null,
  gpu_words text[] null,
  primary key (provider, region, zone, instance_type, spot)
) with (fillfactor = 50);
create index offers_by_price on offers (provider, spot, price_usd_micros_per_hour);
create index offers_with_gpus on offers (provider, spot, price_usd_micros_per_hour) where gpus > 0;
`;

/** Stored catalogs are not converted: workers ask every provider when they start. */
const catalogs = `
alter table catalogs drop column offers;
alter table catalogs add column spot_refreshed_at timestamptz(3) null;
alter table catalogs add column problem_type text null;
update catalogs set refreshed_at = null;
`;

export class Offers extends Migration {
  override up(): void {
    this.addSql(offers);
    this.addSql(catalogs);
  }
}
