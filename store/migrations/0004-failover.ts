import { Migration } from '@mikro-orm/migrations';

/** What one job was refused lately, others hear of; a runner's last word outlives the workflow that it was said to. */
export class Failover extends Migration {
  override up(): void {
    this.addSql('create index attempts_ended on attempts (ended_at)');
    this.addSql('alter table attempts add column runner_over_at timestamptz(3) null');
  }
}
