import { Migration } from '@mikro-orm/migrations';

/** Finds jobs by the first digits of what lists show of their ids. */
const shownIds = `create index jobs_by_shown_id on jobs (project_id, (right(id, 8) collate "C"));`;

export class ShownIds extends Migration {
  override up(): void {
    this.addSql(shownIds);
  }
}
