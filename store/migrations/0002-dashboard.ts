import { Migration } from '@mikro-orm/migrations';

const sessions = `
create table sign_in_links (
  token_hash text primary key,
  api_key_id text not null constraint sign_in_links_api_key_id_foreign references api_keys (id),
  expires_at timestamptz(3) not null,
  used_at timestamptz(3) null
);

create table sessions (
  token_hash text primary key,
  api_key_id text not null constraint sessions_api_key_id_foreign references api_keys (id),
  created_at timestamptz(3) not null,
  expires_at timestamptz(3) not null,
  revoked_at timestamptz(3) null
);
`;

export class Dashboard extends Migration {
  override up(): void {
    this.addSql(sessions);
  }
}
