import { Migration } from '@mikro-orm/migrations';

/** Metric points are counted by stream, so that the check of a job's cap reads no points. */
export class TotalOfPoints extends Migration {
  override up(): void {
    this.addSql('alter table streams add column points bigint not null default 0;');
  }
}
