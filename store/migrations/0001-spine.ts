import { Migration } from '@mikro-orm/migrations';

const jobs = `
create table jobs (
  id text primary key,
  project_id text not null,
  created_by text not null,
  service text not null,
  model text not null,
  spec jsonb not null,
  state text not null constraint jobs_state_check check (state in (
    'queued', 'preparing', 'waiting', 'provisioning', 'setup', 'running', 'recovering', 'cancelling', 'collecting',
    'succeeded', 'failed', 'cancelled', 'timed-out')),
  message text not null,
  priority int not null,
  current_attempt int not null,
  progress double precision null,
  result_model text null,
  result_version int null,
  created_at timestamptz(3) not null,
  started_at timestamptz(3) null,
  finished_at timestamptz(3) null,
  cancel_requested_at timestamptz(3) null,
  cancel_requested_by text null,
  stop_at timestamptz(3) null,
  workflow_started_at timestamptz(3) null,
  history_kept_at timestamptz(3) null
);
create index jobs_newest_first on jobs (project_id, created_at, id);
create index jobs_open on jobs (created_at, id) where finished_at is null;
create index jobs_without_history on jobs (finished_at, id) where finished_at is not null and history_kept_at is null;

create table attempts (
  id text primary key,
  job_id text not null constraint attempts_job_id_foreign references jobs (id),
  attempt int not null,
  offer jsonb not null,
  reason text not null,
  state text not null constraint attempts_state_check
    check (state in ('waiting', 'launching', 'starting', 'setup', 'running', 'stopping', 'ended')),
  handle jsonb null,
  token_hash text null,
  stop_requested text null constraint attempts_stop_requested_check check (stop_requested in ('cancelled', 'max-hours')),
  ending jsonb null,
  restored_from text null,
  created_at timestamptz(3) not null,
  launched_at timestamptz(3) null,
  hello_at timestamptz(3) null,
  running_at timestamptz(3) null,
  last_heartbeat_at timestamptz(3) null,
  ended_at timestamptz(3) null,
  constraint attempts_by_job unique (job_id, attempt),
  constraint attempts_by_token_hash unique (token_hash)
);

create table decisions (
  job_id text not null constraint decisions_job_id_foreign references jobs (id),
  decision int not null,
  policy_version text not null,
  inputs jsonb not null,
  action jsonb not null,
  decided_at timestamptz(3) not null,
  primary key (job_id, decision)
);

create table capacity_claims (
  attempt_id text primary key,
  provider text not null,
  vcpu double precision not null,
  memory_gib double precision not null,
  gpus int not null,
  priority int not null,
  submitted_at_ms bigint not null,
  granted_at timestamptz(3) null
);
create index capacity_claims_by_provider on capacity_claims (provider);

create table checkpoints (
  job_id text not null constraint checkpoints_job_id_foreign references jobs (id),
  attempt int not null,
  sequence int not null,
  manifest jsonb not null,
  primary key (job_id, attempt, sequence)
);
`;

const streams = `
create table streams (
  attempt_id text not null,
  stream text not null,
  next_offset bigint not null,
  primary key (attempt_id, stream)
);

create table runner_events (
  attempt_id text not null,
  event_id text not null,
  received_at timestamptz(3) not null,
  primary key (attempt_id, event_id)
);

create table metric_points (
  job_id text not null,
  id bigserial not null,
  attempt int not null,
  name text not null,
  step bigint not null,
  epoch double precision null,
  time timestamptz(3) not null,
  value double precision not null,
  primary key (job_id, id)
);
create index metric_points_series on metric_points (job_id, name, attempt, step, id) include (value);

create table log_chunks (
  job_id text not null constraint log_chunks_job_id_foreign references jobs (id),
  attempt int not null,
  stream text not null constraint log_chunks_stream_check check (stream in ('setup', 'training')),
  end_offset bigint not null,
  bytes bigint not null,
  key text not null,
  primary key (job_id, attempt, stream, end_offset)
);
`;

const models = `
create table models (
  project_id text not null,
  name text not null,
  latest_version int not null,
  created_at timestamptz(3) not null,
  primary key (project_id, name)
);

create table model_versions (
  project_id text not null,
  model text not null,
  version int not null,
  stage text not null constraint model_versions_stage_check check (stage in ('registered', 'production', 'retired')),
  format text not null,
  sha256 text not null,
  bytes bigint not null,
  signature jsonb not null,
  metrics jsonb not null,
  job_id text null,
  created_by text not null,
  created_at timestamptz(3) not null,
  primary key (project_id, model, version)
);
create unique index model_versions_one_in_production on model_versions (project_id, model) where stage = 'production';
create unique index model_versions_one_per_job on model_versions (project_id, model, job_id) where job_id is not null;

create table stage_changes (
  id bigserial primary key,
  project_id text not null,
  model text not null,
  version int not null,
  from_stage text null constraint stage_changes_from_stage_check
    check (from_stage in ('registered', 'production', 'retired')),
  to_stage text not null constraint stage_changes_to_stage_check
    check (to_stage in ('registered', 'production', 'retired')),
  changed_by text not null,
  changed_at timestamptz(3) not null,
  reason text not null
);
create index stage_changes_by_model on stage_changes (project_id, model, id);
`;

const platform = `
create table events (
  id bigserial primary key,
  sequence bigint null constraint events_sequence unique,
  topic text not null,
  kind text not null,
  subject text not null,
  data jsonb not null,
  at timestamptz(3) not null default clock_timestamp()
);
create index events_without_sequence on events (id) where sequence is null;

create table idempotency_keys (
  principal_id text not null,
  key text not null,
  route text not null,
  body_sha256 text not null,
  created_at timestamptz(3) not null,
  locked_until timestamptz(3) not null,
  response json null,
  primary key (principal_id, key)
);
create index idempotency_keys_oldest on idempotency_keys (created_at);

create table api_keys (
  id text primary key,
  name text not null,
  secret_hash text not null,
  role text not null constraint api_keys_role_check check (role in ('admin')),
  project_id text not null,
  created_at timestamptz(3) not null,
  revoked_at timestamptz(3) null
);

create table providers (
  name text primary key,
  usable boolean not null,
  message text not null,
  capabilities jsonb not null,
  capacity jsonb null,
  checked_at timestamptz(3) not null
);
`;

export class Spine extends Migration {
  override up(): void {
    for (const statements of [jobs, streams, models, platform]) this.addSql(statements);
  }
}
