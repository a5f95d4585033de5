import { Migration } from '@mikro-orm/migrations';

/** Problems with Temporal's set-up that worker processes found. */
export class TemporalProblems extends Migration {
  override up(): void {
    this.addSql(`alter table workers add column temporal_problems jsonb not null default '[]'`);
  }
}
