import { Migration } from '@mikro-orm/migrations';

const kinds = `'dataset', 'dataset-version', 'run', 'model', 'model-version', 'stage', 'feature', 'artifact'`;

const edges = `
create table lineage_edges (
  id bigserial primary key,
  project_id text not null,
  source_kind text not null constraint lineage_edges_source_kind_check check (source_kind in (${kinds})),
  source_id text collate "C" not null,
  target_kind text not null constraint lineage_edges_target_kind_check check (target_kind in (${kinds})),
  target_id text collate "C" not null,
  relation text not null constraint lineage_edges_relation_check
    check (relation in ('version', 'input', 'output', 'stage', 'derived')),
  origin text not null constraint lineage_edges_origin_check check (origin in ('platform', 'declared')),
  paths jsonb null,
  created_by text not null,
  created_at timestamptz(3) not null default clock_timestamp()
);
create unique index lineage_edges_once
  on lineage_edges (project_id, source_kind, source_id, target_kind, target_id, relation);
create index lineage_edges_downward on lineage_edges (project_id, source_kind, source_id, id);
create index lineage_edges_upward on lineage_edges (project_id, target_kind, target_id, id);
`;

/** Edges of versions that exist: one statement for each kind of edge, as many rows as there are versions. */
const earlier = `
insert into lineage_edges
  (project_id, source_kind, source_id, target_kind, target_id, relation, origin, created_by, created_at)
select datasets.project_id, 'dataset', datasets.id, 'dataset-version', datasets.id || '@' || made.version, 'version',
  'platform', made.created_by, made.created_at
from dataset_versions as made join datasets on datasets.id = made.dataset_id
order by made.created_at;

insert into lineage_edges
  (project_id, source_kind, source_id, target_kind, target_id, relation, origin, created_by, created_at)
select project_id, 'model', model, 'model-version', model || '@' || version, 'version', 'platform', created_by, created_at
from model_versions order by created_at;

insert into lineage_edges
  (project_id, source_kind, source_id, target_kind, target_id, relation, origin, created_by, created_at)
select project_id, 'run', job_id, 'model-version', model || '@' || version, 'output', 'platform', created_by, created_at
from model_versions where job_id is not null order by created_at;

insert into lineage_edges
  (project_id, source_kind, source_id, target_kind, target_id, relation, origin, created_by, created_at)
select project_id, 'model-version', model || '@' || version, 'stage', model || '@' || stage, 'stage', 'platform',
  created_by, created_at
from model_versions where stage <> 'registered' order by created_at;
`;

export class Lineage extends Migration {
  override up(): void {
    this.addSql(edges);
    this.addSql(earlier);
  }
}
