import { Migration } from '@mikro-orm/migrations';

const delivery = `
alter table attempts
  add column delivery_moved_bytes bigint null,
  add column delivery_moved_at timestamptz(3) null;
`;

export class Delivery extends Migration {
  override up(): void {
    this.addSql(delivery);
  }
}
