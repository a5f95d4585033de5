import { Migration } from '@mikro-orm/migrations';

const catalogs = `
create table catalogs (
  provider text not null primary key,
  offers jsonb not null,
  refreshed_at timestamptz(3) null,
  tried_at timestamptz(3) not null,
  problem text null
);
`;

export class Catalogs extends Migration {
  override up(): void {
    this.addSql(catalogs);
  }
}
