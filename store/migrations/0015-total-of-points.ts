import { Migration } from '@mikro-orm/migrations';

/** Metric points are counted by stream, so that a job's cap costs no look at its points. */
export class TotalOfPoints extends Migration {
  override up(): void {
    this.addSql('alter table streams add column points bigint not null default 0;');
  }
}
