import { Migration } from '@mikro-orm/migrations';

/** Contents that arrive in pieces. A piece's row is written after its object, so the rows say how much has arrived. */
const uploads = `
create table uploads (
  id text primary key,
  project_id text not null,
  path text null,
  metadata text not null,
  bytes bigint not null,
  sha256 text null,
  received bigint not null,
  state text not null constraint uploads_state_check check (state in ('open', 'stored', 'ended')),
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null
);
create index uploads_oldest on uploads (updated_at, id);

create table upload_pieces (
  upload_id text not null constraint upload_pieces_upload_id_foreign references uploads (id),
  start bigint not null,
  bytes bigint not null,
  key text not null,
  primary key (upload_id, start)
);
`;

export class Uploads extends Migration {
  override up(): void {
    this.addSql(uploads);
  }
}
