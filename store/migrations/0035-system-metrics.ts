import { Migration } from '@mikro-orm/migrations';

/**
 * Use of processor, memory, disk, network and GPUs by attempts and on their machines; and cancels that skip the grace for
 * a last checkpoint.
 */
const systemMetrics = `
create table system_metrics (
  job_id text collate "C" not null,
  attempt int not null,
  at timestamptz(3) not null,
  seconds int not null,
  names text[] not null,
  least real[] not null,
  mean real[] not null,
  greatest real[] not null,
  primary key (job_id, attempt, at)
);

alter table jobs add column cancel_now_at timestamptz(3) null;
alter table attempts
  drop constraint attempts_stop_requested_check,
  add constraint attempts_stop_requested_check
    check (stop_requested in ('cancelled', 'cancelled-now', 'max-hours', 'not-needed'));
`;

export class SystemMetrics extends Migration {
  override up(): void {
    this.addSql(systemMetrics);
  }
}
