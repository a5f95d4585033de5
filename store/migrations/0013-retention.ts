import { Migration } from '@mikro-orm/migrations';

/**
 * `events` in weekly partitions by `at`, so that old events are dropped, not deleted row by row. The rows of an
 * existing database become the first partition as they are, without a copy. The last number gets its own row, so that
 * dropped partitions never cause a number to be used again.
 */
const events = `
alter table events rename to events_old;
alter table events_old drop constraint events_sequence;
alter table events_old drop constraint events_pkey;
drop index events_without_sequence;

create table events (like events_old including defaults, primary key (id, at)) partition by range (at);
alter table events_old alter column id drop default;
alter sequence events_id_seq owned by events.id;
create table events_default partition of events default;

create table event_counter (
  name text primary key,
  last_sequence bigint not null
);
insert into event_counter (name, last_sequence) select 'events', coalesce(max(sequence), 0) from events_old;

do $$
declare
  until timestamptz := (date_trunc('week', now() at time zone 'utc') + interval '7 days') at time zone 'utc';
  part text := 'events_before_' || to_char(until at time zone 'utc', 'YYYYMMDD');
begin
  if exists (select from events_old) then
    insert into events_default select * from events_old where at >= until;
    delete from events_old where at >= until;
    execute format('alter table events_old rename to %I', part);
    execute format('alter table events attach partition %I for values from (minvalue) to (%L)', part, until);
  else
    drop table events_old;
  end if;
end $$;

create index events_by_sequence on events (sequence);
create index events_without_sequence on events (id) where sequence is null;
create index events_activity on events (sequence)
  where kind in ('job.state', 'model.version', 'model.stage', 'instance.unresolved', 'instance.resolved');
`;

/** Columns, indexes and tables for the collector. */
const collector = `
alter table jobs add column checkpoints_collected_at timestamptz(3) null;
alter table jobs add column details_collected_at timestamptz(3) null;
create index jobs_with_checkpoints on jobs (finished_at, id) where finished_at is not null and checkpoints_collected_at is null;
create index jobs_with_details on jobs (finished_at, id) where finished_at is not null and details_collected_at is null;
create index jobs_finished on jobs (finished_at, id) where finished_at is not null;
create index jobs_ended_by_day on jobs (project_id, finished_at) where finished_at is not null;

alter table checkpoints add column collected_at timestamptz(3) null;
create index model_versions_by_job on model_versions (job_id) where job_id is not null;
create index model_versions_by_content on model_versions (sha256);

create table object_refs (
  key text not null,
  job_id text not null constraint object_refs_job_id_foreign references jobs (id),
  primary key (key, job_id)
);
create index object_refs_by_job on object_refs (job_id);
insert into object_refs (key, job_id)
  select 'packages/' || (spec -> 'package' ->> 'sha256'), id from jobs where spec -> 'package' ->> 'sha256' is not null
  union
  select 'data/' || (item ->> 'sha256'), id from jobs, jsonb_array_elements(coalesce(spec -> 'data', '[]')) as item;

create table object_uses (
  key text primary key,
  used_at timestamptz(3) not null,
  removing_at timestamptz(3) null
);
create index object_uses_oldest on object_uses (used_at, key);

create table collector_leases (
  name text primary key,
  holder text not null,
  until timestamptz(3) not null
);
`;

export class Retention extends Migration {
  override up(): void {
    this.addSql(events);
    this.addSql(collector);
  }
}
