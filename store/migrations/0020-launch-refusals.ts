import { Migration } from '@mikro-orm/migrations';

const launchRefusals = `
create table launch_refusals (
  job_id text not null constraint launch_refusals_job_id_foreign references jobs (id),
  provider text not null,
  region text not null,
  zone text not null,
  instance_type text not null,
  spot boolean not null,
  offer jsonb not null,
  kind text not null check (kind in ('stockout', 'quota', 'unauthorized', 'unavailable')),
  message text not null,
  streak int not null,
  total int not null,
  attempt int not null,
  launch int not null,
  first_at timestamptz(3) not null,
  last_at timestamptz(3) not null,
  primary key (job_id, provider, region, zone, instance_type, spot)
);
create index launch_refusals_last on launch_refusals (last_at);
alter table attempts add column launch int not null default 1;
`;

/** A refused launch becomes a row of its offer instead of an attempt. */
export class LaunchRefusals extends Migration {
  override up(): void {
    this.addSql(launchRefusals);
  }
}
