import { Migration } from '@mikro-orm/migrations';

/**
 * Everything below a dataset is its own, also nodes and contents that another dataset has too: its end is a deletion of
 * rows by their dataset, and no walk through trees.
 */
const datasets = `
create table datasets (
  id text primary key,
  project_id text not null,
  name text not null,
  description text not null,
  status text not null constraint datasets_status_check check (status in ('created', 'active', 'archived')),
  head_version integer not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  deleted_at timestamptz(3) null
);
create unique index datasets_by_name on datasets (project_id, name) where deleted_at is null;
create index datasets_deleted on datasets (deleted_at) where deleted_at is not null;

create table dataset_versions (
  dataset_id text not null constraint dataset_versions_dataset_id_foreign references datasets (id),
  version integer not null,
  root text not null,
  parent integer null,
  files integer not null,
  bytes bigint not null,
  added integer not null,
  changed integer not null,
  removed integer not null,
  message text not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  source_job_id text null,
  primary key (dataset_id, version)
);

create table dataset_nodes (
  dataset_id text not null constraint dataset_nodes_dataset_id_foreign references datasets (id),
  hash text not null,
  content text not null,
  primary key (dataset_id, hash)
);

create table dataset_contents (
  dataset_id text not null constraint dataset_contents_dataset_id_foreign references datasets (id),
  sha256 text not null,
  bytes bigint not null,
  first_version integer not null,
  purged_at timestamptz(3) null,
  purged_by text null,
  purge_reason text null,
  primary key (dataset_id, sha256)
);
create index dataset_contents_by_sha256 on dataset_contents (sha256);

create table dataset_tags (
  dataset_id text not null constraint dataset_tags_dataset_id_foreign references datasets (id),
  tag text not null,
  version integer not null,
  moved_by text not null,
  moved_at timestamptz(3) not null,
  primary key (dataset_id, tag)
);

create table dataset_tag_moves (
  id bigserial primary key,
  dataset_id text not null constraint dataset_tag_moves_dataset_id_foreign references datasets (id),
  tag text not null,
  from_version integer null,
  to_version integer null,
  moved_by text not null,
  moved_at timestamptz(3) not null
);
create index dataset_tag_moves_by_dataset on dataset_tag_moves (dataset_id, id);

alter table object_uses add column bytes bigint null;
`;

export class Datasets extends Migration {
  override up(): void {
    this.addSql(datasets);
  }
}
