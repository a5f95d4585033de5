import { Migration } from '@mikro-orm/migrations';

const cost = `
alter table attempts add column billed_from timestamptz(3) null;
alter table attempts add column billed_until timestamptz(3) null;
`;

export class Cost extends Migration {
  override up(): void {
    this.addSql(cost);
  }
}
