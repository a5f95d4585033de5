import { Migration } from '@mikro-orm/migrations';

/**
 * Profiles belong to contents, so that all versions and datasets with a content share one. The newest versions that
 * exist already are profiled, too.
 */
const profiles = `
create table content_profiles (
  sha256 text not null,
  format text not null,
  revision integer not null,
  profile jsonb not null,
  copy_key text null,
  copy_bytes bigint null,
  created_at timestamptz(3) not null,
  primary key (sha256, format)
);
create index content_profiles_by_copy on content_profiles (copy_key) where copy_key is not null;

create table dataset_profiles (
  dataset_id text not null constraint dataset_profiles_dataset_id_foreign references datasets (id),
  version integer not null,
  revision integer not null,
  requested_at timestamptz(3) not null,
  started_at timestamptz(3) null,
  finished_at timestamptz(3) null,
  profiled integer not null default 0,
  failed integer not null default 0,
  skipped integer not null default 0,
  primary key (dataset_id, version)
);
create index dataset_profiles_open on dataset_profiles (requested_at) where finished_at is null;

insert into dataset_profiles (dataset_id, version, revision, requested_at)
select id, head_version, 1, now() from datasets where head_version > 0 and deleted_at is null;
`;

export class Profiles extends Migration {
  override up(): void {
    this.addSql(profiles);
  }
}
