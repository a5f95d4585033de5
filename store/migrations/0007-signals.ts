import { Migration } from '@mikro-orm/migrations';

/** External signals of a job, one row for each event id, and their combined state. */
const signals = `
alter table jobs add column held_at timestamptz(3) null;
alter table jobs add column signals jsonb null;

create table job_signals (
  job_id text not null,
  event_id text not null,
  name text not null,
  attempt int not null,
  occurred_at timestamptz(3) not null,
  deadline_at timestamptz(3) null,
  sender text not null,
  received_at timestamptz(3) not null,
  delivered_at timestamptz(3) null,
  primary key (job_id, event_id)
);
create index job_signals_by_time on job_signals (job_id, received_at);
create index job_signals_undelivered on job_signals (received_at) where delivered_at is null;
`;

export class Signals extends Migration {
  override up(): void {
    this.addSql(signals);
  }
}
