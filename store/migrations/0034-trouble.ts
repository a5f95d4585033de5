import { Migration } from '@mikro-orm/migrations';

/**
 * Facts about jobs, providers and workers in trouble: since when a job is in its state, since when a provider refuses to
 * end an instance, and which worker processes are alive.
 */
const trouble = `
alter table attempts
  add column terminate_refused_at timestamptz(3) null,
  add column terminate_refusals int not null default 0,
  add column terminate_error text null,
  add column unlisted_at timestamptz(3) null,
  drop constraint attempts_state_check,
  add constraint attempts_state_check
    check (state in ('waiting', 'launching', 'starting', 'setup', 'running', 'stopping', 'ending', 'ended'));
create index attempts_refused on attempts (terminate_refused_at) where terminate_refused_at is not null;

alter table jobs
  add column state_since timestamptz(3) null,
  add column progress_track jsonb null;

alter table providers add column unusable_since timestamptz(3) null;

alter table stray_instances add column retry_asked_at timestamptz(3) null;

create table workers (
  id text primary key,
  queues jsonb not null,
  started_at timestamptz(3) not null,
  seen_at timestamptz(3) not null
);
`;

export class Trouble extends Migration {
  override up(): void {
    this.addSql(trouble);
  }
}
