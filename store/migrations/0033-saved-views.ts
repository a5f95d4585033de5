import { Migration } from '@mikro-orm/migrations';

const views = `
create table saved_views (
  id text primary key,
  project_id text not null,
  owner_id text not null,
  page text not null,
  name text not null,
  query text not null,
  columns jsonb not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  constraint saved_views_by_owner unique (project_id, owner_id, page, name)
);
`;

export class SavedViews extends Migration {
  override up(): void {
    this.addSql(views);
  }
}
