import { Migration } from '@mikro-orm/migrations';

const outbox = `
create table job_watchers (
  job_id text not null,
  target_kind text not null,
  target text not null,
  created_at timestamptz(3) not null,
  primary key (job_id, target_kind, target)
);

create table outbox (
  id bigserial primary key,
  job_id text not null,
  target_kind text not null,
  target text not null,
  ended jsonb not null,
  created_at timestamptz(3) not null,
  tries int not null default 0,
  next_try_at timestamptz(3) not null,
  last_error text null,
  delivered_at timestamptz(3) null,
  given_up_at timestamptz(3) null,
  constraint outbox_once unique (job_id, target_kind, target)
);
create index outbox_due on outbox (next_try_at, id) where delivered_at is null and given_up_at is null;
create index outbox_by_time on outbox (created_at);
`;

export class Outbox extends Migration {
  override up(): void {
    this.addSql(outbox);
  }
}
