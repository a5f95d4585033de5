import { Migration } from '@mikro-orm/migrations';

/**
 * An index over recent refusals, which other jobs read; and the runner's report of the end, which outlives the workflow
 * that received it.
 */
export class Failover extends Migration {
  override up(): void {
    this.addSql('create index attempts_ended on attempts (ended_at)');
    this.addSql('alter table attempts add column runner_over_at timestamptz(3) null');
  }
}
