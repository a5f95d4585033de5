import { Migration } from '@mikro-orm/migrations';

const outbox = `
alter table runner_events
  add column position bigserial not null,
  add column event jsonb null,
  add column tries int not null default 0,
  add column delivered_at timestamptz(3) null;
update runner_events set delivered_at = received_at;
create index runner_events_undelivered on runner_events (tries, position) where delivered_at is null;
`;

/** Events of runners are committed first and sent to Temporal afterwards. */
export class RunnerOutbox extends Migration {
  override up(): void {
    this.addSql(outbox);
  }
}
