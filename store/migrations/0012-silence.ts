import { Migration } from '@mikro-orm/migrations';

const silence = `
alter table attempts
  add column instance_since timestamptz(3) null,
  add column machine text null;
create table api_uptime (
  id int not null primary key,
  good_since timestamptz(3) not null,
  good_until timestamptz(3) not null
);
`;

export class Silence extends Migration {
  override up(): void {
    this.addSql(silence);
  }
}
