import { Migration } from '@mikro-orm/migrations';

const handoff = `
alter table attempts add column noticed_at timestamptz(3) null;
alter table attempts add column notice_deadline_at timestamptz(3) null;
alter table attempts add column released_at timestamptz(3) null;
alter table attempts drop constraint attempts_stop_requested_check;
alter table attempts add constraint attempts_stop_requested_check check (stop_requested in ('cancelled', 'max-hours', 'not-needed'));
`;

export class Handoff extends Migration {
  override up(): void {
    this.addSql(handoff);
  }
}
