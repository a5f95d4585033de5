import { Migration } from '@mikro-orm/migrations';

/** Counts and prices for which the overview and the doctor would otherwise read all jobs and attempts. */
const tables = `
create table job_days (
  day date not null,
  project_id text not null,
  state text not null,
  jobs int not null,
  primary key (day, project_id, state)
);

create table provider_prices (
  provider text primary key,
  priced_at timestamptz(3) not null
);
insert into provider_prices (provider, priced_at)
  select offer ->> 'provider', max((offer -> 'billing' ->> 'pricedAt')::timestamptz)
  from attempts where offer -> 'billing' ->> 'pricedAt' is not null group by 1;

create index jobs_open_by_state on jobs (project_id, state) where finished_at is null;
`;

export class CountedDays extends Migration {
  override up(): void {
    this.addSql(tables);
  }
}
