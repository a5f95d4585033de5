import { Migration } from '@mikro-orm/migrations';

const launchLeases = `
alter table attempts
  add column launched_by text null,
  add column launch_lease_until timestamptz(3) null;
`;

export class LaunchLeases extends Migration {
  override up(): void {
    this.addSql(launchLeases);
  }
}
