import { Migration } from '@mikro-orm/migrations';

const queues = `
alter table capacity_claims add column woken_at timestamptz(3) null;
update capacity_claims set woken_at = granted_at;
drop index capacity_claims_by_provider;
create index capacity_claims_queue on capacity_claims (provider, (-priority), submitted_at_ms, attempt_id)
  where granted_at is null;
create index capacity_claims_granted on capacity_claims (provider) where granted_at is not null;
alter table jobs add column cancel_delivered_at timestamptz(3) null;
create index jobs_undelivered on jobs (created_at, id)
  where finished_at is null and (workflow_started_at is null or (cancel_requested_at is not null and cancel_delivered_at is null));
`;

export class Queues extends Migration {
  override up(): void {
    this.addSql(queues);
  }
}
