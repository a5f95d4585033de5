import { Migration } from '@mikro-orm/migrations';

/**
 * Versions that are collected over several requests. Nodes and contents that only a draft has are marked as its own, so
 * that the end of a draft is a deletion of rows.
 */
const drafts = `
create table dataset_drafts (
  dataset_id text not null constraint dataset_drafts_dataset_id_foreign references datasets (id),
  id text not null,
  base_version integer not null,
  root text null,
  files integer not null,
  bytes bigint not null,
  added integer not null,
  changed integer not null,
  removed integer not null,
  state text not null constraint dataset_drafts_state_check check (state in ('open', 'committed', 'ended')),
  version integer null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (dataset_id, id)
);
create index dataset_drafts_oldest on dataset_drafts (state, updated_at);

create table dataset_draft_contents (
  dataset_id text not null constraint dataset_draft_contents_dataset_id_foreign references datasets (id),
  draft_id text not null,
  sha256 text not null,
  primary key (dataset_id, draft_id, sha256)
);
create index dataset_draft_contents_by_sha256 on dataset_draft_contents (dataset_id, sha256);

alter table dataset_nodes add column draft_id text null;
create index dataset_nodes_of_draft on dataset_nodes (draft_id) where draft_id is not null;
`;

export class Drafts extends Migration {
  override up(): void {
    this.addSql(drafts);
  }
}
