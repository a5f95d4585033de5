import { Migration } from '@mikro-orm/migrations';

const reconciler = `
alter table attempts add column launch_tried_at timestamptz(3) null;
alter table attempts add column terminate_tried_at timestamptz(3) null;
alter table attempts add column termination_confirmed_at timestamptz(3) null;
alter table attempts add column unwatched_at timestamptz(3) null;
create index attempts_not_over on attempts (created_at, id) where ended_at is null or termination_confirmed_at is null;

create table stray_instances (
  provider text not null,
  instance_id text not null,
  attempt_id text not null,
  region text not null,
  reason text not null constraint stray_instances_reason_check
    check (reason in ('unknown-attempt', 'attempt-settled', 'duplicate', 'abandoned', 'not-ending')),
  since timestamptz(3) not null,
  due_at timestamptz(3) null,
  price_usd_micros_per_hour bigint null,
  tries int not null default 0,
  last_tried_at timestamptz(3) null,
  last_error text null,
  told_at timestamptz(3) null,
  resolved_at timestamptz(3) null,
  primary key (provider, instance_id)
);
create index stray_instances_open on stray_instances (provider, since) where resolved_at is null;

create table provider_sweeps (
  provider text primary key,
  started_at timestamptz(3) not null,
  finished_at timestamptz(3) not null,
  succeeded_at timestamptz(3) null,
  error text null,
  findings jsonb null
);

alter table providers add column problem text null constraint providers_problem_check
  check (problem in ('credentials', 'quota', 'unreachable', 'refused'));
alter table providers add column clock_skew_ms double precision null;
`;

export class Reconciler extends Migration {
  override up(): void {
    this.addSql(reconciler);
  }
}
