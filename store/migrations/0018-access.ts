import { Migration } from '@mikro-orm/migrations';

/** Events of before are of the one project that there was; the default is set without a rewrite of the table. */
const projectOfEvents = `
alter table events add column project_id text null default 'default';
alter table events alter column project_id drop default;
`;

const linksOfSessions = `
alter table sessions add column parent_hash text null;
alter table sign_in_links add column session_hash text null;
`;

export class Access extends Migration {
  override up(): void {
    this.addSql(projectOfEvents);
    this.addSql(linksOfSessions);
  }
}
