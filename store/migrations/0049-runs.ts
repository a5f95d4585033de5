import { Migration } from '@mikro-orm/migrations';

const tables = `
create table runs (
  project_id text not null,
  id text not null,
  name text not null,
  status text not null constraint runs_status_check
    check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  job_id text null constraint runs_job_id_foreign references jobs (id) on delete cascade,
  triggered_by text not null,
  parameters jsonb not null,
  metrics jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  started_at timestamptz(3) null,
  finished_at timestamptz(3) null,
  duration_seconds double precision null,
  primary key (project_id, id)
);

create table features (
  project_id text not null,
  id text not null,
  name text not null,
  version integer not null,
  label text null,
  type text null constraint features_type_check
    check (type in ('number', 'integer', 'text', 'category', 'boolean', 'timestamp', 'vector', 'json')),
  description text not null,
  dataset_id text null,
  columns jsonb not null,
  metadata jsonb not null,
  created_by text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (project_id, id)
);
create unique index features_by_version on features (project_id, name, version);
create index features_newest_first on features (project_id, created_at, id);
`;

/**
 * Each job that exists gets its run, in one statement: as many rows as there are jobs. Their last metrics stay with the
 * jobs, whose pages show them: finding them would read the points of every job.
 */
const runsOfJobs = `
insert into runs (
  project_id, id, name, status, job_id, triggered_by, parameters, metrics, created_by, created_at, updated_at,
  started_at, finished_at
)
select project_id, id, name,
  case
    when state in ('queued', 'preparing', 'waiting', 'provisioning') and started_at is null then 'queued'
    when state = 'timed-out' then 'failed'
    when state in ('succeeded', 'failed', 'cancelled') then state
    else 'running'
  end,
  id, created_by, coalesce(spec -> 'config', '{}'), '{}', created_by, created_at,
  coalesce(finished_at, started_at, created_at), started_at, finished_at
from jobs;
`;

/** After the rows, so that each index is built once. */
const indexes = `
create index runs_newest_first on runs (project_id, created_at, id);
create index runs_by_status on runs (project_id, status, created_at, id);
create index runs_by_trigger on runs (project_id, triggered_by, created_at, id);
create index runs_by_shown_id on runs (project_id, (right(id, 8) collate "C"));
create unique index runs_of_jobs on runs (job_id) where job_id is not null;
`;

export class Runs extends Migration {
  override up(): void {
    this.addSql(tables);
    this.addSql(runsOfJobs);
    this.addSql(indexes);
  }
}
