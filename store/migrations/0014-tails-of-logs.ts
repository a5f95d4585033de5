import { Migration } from '@mikro-orm/migrations';

const logs = `
alter table log_chunks
  alter column key drop not null,
  add column content bytea null,
  alter column content set storage external,
  add column object_offset bigint null,
  add column object_bytes bigint null,
  add constraint log_chunks_place_check check ((key is null) <> (content is null));
alter table streams
  add column tail_bytes bigint not null default 0,
  add column tail_since timestamptz(3) null,
  add column packed_by text null,
  add column packed_until timestamptz(3) null,
  add column settled_at timestamptz(3) null;
update streams set settled_at = attempts.ended_at from attempts where attempts.id = streams.attempt_id;
create index streams_tail on streams (tail_since) where tail_since is not null;
create index streams_unsettled on streams (attempt_id) where settled_at is null;
`;

/** New bytes of logs are stored in rows first, and later in objects. */
export class TailsOfLogs extends Migration {
  override up(): void {
    this.addSql(logs);
  }
}
