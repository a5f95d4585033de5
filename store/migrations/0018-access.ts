import { Migration } from '@mikro-orm/migrations';

/** Earlier events belong to the only project of that time; the default sets it without a rewrite of the table. */
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
