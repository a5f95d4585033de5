import { Migration } from '@mikro-orm/migrations';

/** Earlier events have no principal. */
const principalOfEvents = `alter table events add column principal text null;`;

/** Every change of an entry is refused, including manual ones; the collector removes old entries whole. */
const auditLog = `
create table audit_log (
  id bigserial primary key,
  at timestamptz(3) not null default clock_timestamp(),
  project_id text null,
  principal_kind text not null,
  principal_id text not null,
  principal_name text not null,
  verb text not null,
  subject text not null,
  request_id text null,
  details jsonb not null
);
create index audit_log_by_subject on audit_log (subject, id);
create index audit_log_by_time on audit_log (at);

create function audit_log_append_only_fn() returns trigger language plpgsql as $$
begin
  raise exception 'audit_log is append-only';
end $$;
create trigger append_only before update on audit_log for each row execute function audit_log_append_only_fn();
`;

export class Audit extends Migration {
  override up(): void {
    this.addSql(principalOfEvents);
    this.addSql(auditLog);
  }
}
