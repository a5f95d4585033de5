import { Migration } from '@mikro-orm/migrations';

/** Description, tags and authors of versions, an id chosen by the caller, and versions whose file follows later. */
const modelDetails = `
alter table model_versions
  alter column sha256 drop not null,
  add column chosen_id text null,
  add column description text not null default '',
  add column tags jsonb not null default '[]',
  add column framework text null,
  add column author text null,
  add column metadata jsonb not null default '{}';
create unique index model_versions_by_chosen_id on model_versions (project_id, chosen_id) where chosen_id is not null;
`;

export class ModelDetails extends Migration {
  override up(): void {
    this.addSql(modelDetails);
  }
}
