-- What the migrations make, by name. A migration shows as a change of this file:
-- ARTENIC_TEST_WRITE_SCHEMA=1 npm test -- test/store/schema

create table api_keys (
  created_at timestamp(3) with time zone not null,
  id text not null,
  name text not null,
  project_id text not null,
  revoked_at timestamp(3) with time zone,
  role text not null,
  secret_hash text not null,
  constraint api_keys_pkey PRIMARY KEY (id),
  constraint api_keys_role_check CHECK ((role = 'admin'::text))
);

create table api_uptime (
  good_since timestamp(3) with time zone not null,
  good_until timestamp(3) with time zone not null,
  id integer not null,
  constraint api_uptime_pkey PRIMARY KEY (id)
);

create table attempts (
  attempt integer not null,
  billed_from timestamp(3) with time zone,
  billed_until timestamp(3) with time zone,
  created_at timestamp(3) with time zone not null,
  delivery_moved_at timestamp(3) with time zone,
  delivery_moved_bytes bigint,
  ended_at timestamp(3) with time zone,
  ending jsonb,
  handle jsonb,
  hello_at timestamp(3) with time zone,
  id text not null,
  instance_since timestamp(3) with time zone,
  job_id text not null,
  last_heartbeat_at timestamp(3) with time zone,
  launch integer not null default 1,
  launch_lease_until timestamp(3) with time zone,
  launch_tried_at timestamp(3) with time zone,
  launched_at timestamp(3) with time zone,
  launched_by text,
  machine text,
  notice_deadline_at timestamp(3) with time zone,
  noticed_at timestamp(3) with time zone,
  offer jsonb not null,
  reason text not null,
  released_at timestamp(3) with time zone,
  restored_from text,
  runner_over_at timestamp(3) with time zone,
  running_at timestamp(3) with time zone,
  state text not null,
  stop_requested text,
  terminate_error text,
  terminate_refusals integer not null default 0,
  terminate_refused_at timestamp(3) with time zone,
  terminate_tried_at timestamp(3) with time zone,
  termination_confirmed_at timestamp(3) with time zone,
  token_hash text,
  traceparent text,
  unlisted_at timestamp(3) with time zone,
  unwatched_at timestamp(3) with time zone,
  constraint attempts_by_job UNIQUE (job_id, attempt),
  constraint attempts_by_token_hash UNIQUE (token_hash),
  constraint attempts_job_id_foreign FOREIGN KEY (job_id) REFERENCES jobs(id),
  constraint attempts_pkey PRIMARY KEY (id),
  constraint attempts_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'launching'::text, 'starting'::text, 'setup'::text, 'running'::text, 'stopping'::text, 'ending'::text, 'ended'::text]))),
  constraint attempts_stop_requested_check CHECK ((stop_requested = ANY (ARRAY['cancelled'::text, 'cancelled-now'::text, 'max-hours'::text, 'not-needed'::text])))
);
CREATE INDEX attempts_ended ON public.attempts USING btree (ended_at);
CREATE INDEX attempts_not_over ON public.attempts USING btree (created_at, id) WHERE ((ended_at IS NULL) OR (termination_confirmed_at IS NULL));
CREATE INDEX attempts_refused ON public.attempts USING btree (terminate_refused_at) WHERE (terminate_refused_at IS NOT NULL);

create table audit_log (
  at timestamp(3) with time zone not null default clock_timestamp(),
  details jsonb not null,
  id bigint not null default nextval('audit_log_id_seq'::regclass),
  principal_id text not null,
  principal_kind text not null,
  principal_name text not null,
  project_id text,
  request_id text,
  subject text not null,
  verb text not null,
  constraint audit_log_pkey PRIMARY KEY (id)
);
CREATE INDEX audit_log_by_subject ON public.audit_log USING btree (subject, id);
CREATE INDEX audit_log_by_time ON public.audit_log USING btree (at);

create table capacity_claims (
  attempt_id text not null,
  gpus integer not null,
  granted_at timestamp(3) with time zone,
  memory_gib double precision not null,
  priority integer not null,
  provider text not null,
  submitted_at_ms bigint not null,
  vcpu double precision not null,
  woken_at timestamp(3) with time zone,
  constraint capacity_claims_pkey PRIMARY KEY (attempt_id)
);
CREATE INDEX capacity_claims_granted ON public.capacity_claims USING btree (provider) WHERE (granted_at IS NOT NULL);
CREATE INDEX capacity_claims_queue ON public.capacity_claims USING btree (provider, ((- priority)), submitted_at_ms, attempt_id) WHERE (granted_at IS NULL);

create table catalogs (
  problem text,
  problem_type text,
  provider text not null,
  refreshed_at timestamp(3) with time zone,
  spot_refreshed_at timestamp(3) with time zone,
  tried_at timestamp(3) with time zone not null,
  constraint catalogs_pkey PRIMARY KEY (provider)
);

create table checkpoints (
  attempt integer not null,
  collected_at timestamp(3) with time zone,
  job_id text not null,
  manifest jsonb not null,
  sequence integer not null,
  constraint checkpoints_job_id_foreign FOREIGN KEY (job_id) REFERENCES jobs(id),
  constraint checkpoints_pkey PRIMARY KEY (job_id, attempt, sequence)
);

create table collector_leases (
  holder text not null,
  name text not null,
  until timestamp(3) with time zone not null,
  constraint collector_leases_pkey PRIMARY KEY (name)
);

create table content_profiles (
  copy_bytes bigint,
  copy_key text,
  created_at timestamp(3) with time zone not null,
  format text not null,
  profile jsonb not null,
  revision integer not null,
  sha256 text not null,
  constraint content_profiles_pkey PRIMARY KEY (sha256, format)
);
CREATE INDEX content_profiles_by_copy ON public.content_profiles USING btree (copy_key) WHERE (copy_key IS NOT NULL);

create table dataset_contents (
  bytes bigint not null,
  dataset_id text not null,
  first_version integer not null,
  purge_reason text,
  purged_at timestamp(3) with time zone,
  purged_by text,
  sha256 text not null,
  constraint dataset_contents_dataset_id_foreign FOREIGN KEY (dataset_id) REFERENCES datasets(id),
  constraint dataset_contents_pkey PRIMARY KEY (dataset_id, sha256)
);
CREATE INDEX dataset_contents_by_sha256 ON public.dataset_contents USING btree (sha256);
CREATE INDEX dataset_contents_purged ON public.dataset_contents USING btree (dataset_id) WHERE (purged_at IS NOT NULL);

create table dataset_draft_contents (
  dataset_id text not null,
  draft_id text not null,
  sha256 text not null,
  constraint dataset_draft_contents_dataset_id_foreign FOREIGN KEY (dataset_id) REFERENCES datasets(id),
  constraint dataset_draft_contents_pkey PRIMARY KEY (dataset_id, draft_id, sha256)
);
CREATE INDEX dataset_draft_contents_by_sha256 ON public.dataset_draft_contents USING btree (dataset_id, sha256);

create table dataset_drafts (
  added integer not null,
  base_version integer not null,
  bytes bigint not null,
  changed integer not null,
  created_at timestamp(3) with time zone not null,
  created_by text not null,
  dataset_id text not null,
  files integer not null,
  id text not null,
  removed integer not null,
  root text,
  state text not null,
  updated_at timestamp(3) with time zone not null,
  version integer,
  constraint dataset_drafts_dataset_id_foreign FOREIGN KEY (dataset_id) REFERENCES datasets(id),
  constraint dataset_drafts_pkey PRIMARY KEY (dataset_id, id),
  constraint dataset_drafts_state_check CHECK ((state = ANY (ARRAY['open'::text, 'committed'::text, 'ended'::text])))
);
CREATE INDEX dataset_drafts_oldest ON public.dataset_drafts USING btree (state, updated_at);

create table dataset_nodes (
  content text not null,
  dataset_id text not null,
  draft_id text,
  hash text not null,
  constraint dataset_nodes_dataset_id_foreign FOREIGN KEY (dataset_id) REFERENCES datasets(id),
  constraint dataset_nodes_pkey PRIMARY KEY (dataset_id, hash)
);
CREATE INDEX dataset_nodes_of_draft ON public.dataset_nodes USING btree (draft_id) WHERE (draft_id IS NOT NULL);

create table dataset_profiles (
  dataset_id text not null,
  failed integer not null default 0,
  finished_at timestamp(3) with time zone,
  profiled integer not null default 0,
  requested_at timestamp(3) with time zone not null,
  revision integer not null,
  skipped integer not null default 0,
  started_at timestamp(3) with time zone,
  version integer not null,
  constraint dataset_profiles_dataset_id_foreign FOREIGN KEY (dataset_id) REFERENCES datasets(id),
  constraint dataset_profiles_pkey PRIMARY KEY (dataset_id, version)
);
CREATE INDEX dataset_profiles_open ON public.dataset_profiles USING btree (requested_at) WHERE (finished_at IS NULL);

create table dataset_tag_moves (
  dataset_id text not null,
  from_version integer,
  id bigint not null default nextval('dataset_tag_moves_id_seq'::regclass),
  moved_at timestamp(3) with time zone not null,
  moved_by text not null,
  tag text not null,
  to_version integer,
  constraint dataset_tag_moves_dataset_id_foreign FOREIGN KEY (dataset_id) REFERENCES datasets(id),
  constraint dataset_tag_moves_pkey PRIMARY KEY (id)
);
CREATE INDEX dataset_tag_moves_by_dataset ON public.dataset_tag_moves USING btree (dataset_id, id);

create table dataset_tags (
  dataset_id text not null,
  moved_at timestamp(3) with time zone not null,
  moved_by text not null,
  tag text not null,
  version integer not null,
  constraint dataset_tags_dataset_id_foreign FOREIGN KEY (dataset_id) REFERENCES datasets(id),
  constraint dataset_tags_pkey PRIMARY KEY (dataset_id, tag)
);

create table dataset_versions (
  added integer not null,
  bytes bigint not null,
  changed integer not null,
  created_at timestamp(3) with time zone not null,
  created_by text not null,
  dataset_id text not null,
  files integer not null,
  message text not null,
  parent integer,
  removed integer not null,
  root text not null,
  source_job_id text,
  version integer not null,
  constraint dataset_versions_dataset_id_foreign FOREIGN KEY (dataset_id) REFERENCES datasets(id),
  constraint dataset_versions_pkey PRIMARY KEY (dataset_id, version)
);

create table datasets (
  created_at timestamp(3) with time zone not null,
  created_by text not null,
  deleted_at timestamp(3) with time zone,
  description text not null,
  head_version integer not null,
  id text not null,
  name text not null,
  project_id text not null,
  status text not null,
  updated_at timestamp(3) with time zone not null,
  constraint datasets_pkey PRIMARY KEY (id),
  constraint datasets_status_check CHECK ((status = ANY (ARRAY['created'::text, 'active'::text, 'archived'::text])))
);
CREATE UNIQUE INDEX datasets_by_name ON public.datasets USING btree (project_id, name) WHERE (deleted_at IS NULL);
CREATE INDEX datasets_deleted ON public.datasets USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);

create table decisions (
  action jsonb not null,
  decided_at timestamp(3) with time zone not null,
  decision integer not null,
  inputs jsonb not null,
  job_id text not null,
  policy_version text not null,
  constraint decisions_job_id_foreign FOREIGN KEY (job_id) REFERENCES jobs(id),
  constraint decisions_pkey PRIMARY KEY (job_id, decision)
);

create table event_counter (
  last_sequence bigint not null,
  name text not null,
  constraint event_counter_pkey PRIMARY KEY (name)
);

create table events (
  at timestamp(3) with time zone not null default clock_timestamp(),
  data jsonb not null,
  id bigint not null default nextval('events_id_seq'::regclass),
  kind text not null,
  principal text,
  project_id text,
  sequence bigint,
  subject text not null,
  topic text not null,
  constraint events_pkey PRIMARY KEY (id, at)
) partition by RANGE (at);
CREATE INDEX events_activity ON ONLY public.events USING btree (sequence) WHERE (kind = ANY (ARRAY['job.state'::text, 'model.version'::text, 'model.stage'::text, 'instance.unresolved'::text, 'instance.resolved'::text]));
CREATE INDEX events_by_sequence ON ONLY public.events USING btree (sequence);
CREATE INDEX events_without_sequence ON ONLY public.events USING btree (id) WHERE (sequence IS NULL);

create table features (
  columns jsonb not null,
  created_at timestamp(3) with time zone not null,
  created_by text not null,
  dataset_id text,
  description text not null,
  id text not null,
  label text,
  metadata jsonb not null,
  name text not null,
  project_id text not null,
  type text,
  updated_at timestamp(3) with time zone not null,
  version integer not null,
  constraint features_pkey PRIMARY KEY (project_id, id),
  constraint features_type_check CHECK ((type = ANY (ARRAY['number'::text, 'integer'::text, 'text'::text, 'category'::text, 'boolean'::text, 'timestamp'::text, 'vector'::text, 'json'::text])))
);
CREATE UNIQUE INDEX features_by_version ON public.features USING btree (project_id, name, version);
CREATE INDEX features_newest_first ON public.features USING btree (project_id, created_at, id);

create table idempotency_keys (
  body_sha256 text not null,
  created_at timestamp(3) with time zone not null,
  key text not null,
  locked_until timestamp(3) with time zone not null,
  principal_id text not null,
  response json,
  route text not null,
  constraint idempotency_keys_pkey PRIMARY KEY (principal_id, key)
);
CREATE INDEX idempotency_keys_oldest ON public.idempotency_keys USING btree (created_at);

create table job_datasets (
  allow_purged boolean not null,
  bytes bigint not null,
  dataset text not null,
  dataset_id text not null,
  files integer not null,
  folder text not null,
  job_id text not null,
  paths jsonb,
  position integer not null,
  reference text not null,
  role text not null,
  root text not null,
  version integer not null,
  constraint job_datasets_job_id_foreign FOREIGN KEY (job_id) REFERENCES jobs(id),
  constraint job_datasets_pkey PRIMARY KEY (job_id, role, "position"),
  constraint job_datasets_role_check CHECK ((role = ANY (ARRAY['input'::text, 'output'::text])))
);
CREATE INDEX job_datasets_by_dataset ON public.job_datasets USING btree (dataset_id, version);

create table job_days (
  day date not null,
  jobs integer not null,
  project_id text not null,
  state text not null,
  constraint job_days_pkey PRIMARY KEY (day, project_id, state)
);

create table job_signals (
  attempt integer not null,
  deadline_at timestamp(3) with time zone,
  delivered_at timestamp(3) with time zone,
  event_id text not null,
  job_id text not null,
  name text not null,
  occurred_at timestamp(3) with time zone not null,
  received_at timestamp(3) with time zone not null,
  sender text not null,
  constraint job_signals_pkey PRIMARY KEY (job_id, event_id)
);
CREATE INDEX job_signals_by_time ON public.job_signals USING btree (job_id, received_at);
CREATE INDEX job_signals_undelivered ON public.job_signals USING btree (received_at) WHERE (delivered_at IS NULL);

create table job_watchers (
  created_at timestamp(3) with time zone not null,
  job_id text not null,
  target text not null,
  target_kind text not null,
  constraint job_watchers_pkey PRIMARY KEY (job_id, target_kind, target)
);

create table jobs (
  cancel_delivered_at timestamp(3) with time zone,
  cancel_now_at timestamp(3) with time zone,
  cancel_requested_at timestamp(3) with time zone,
  cancel_requested_by text,
  checkpoints_collected_at timestamp(3) with time zone,
  cost_usd_micros bigint not null default 0,
  created_at timestamp(3) with time zone not null,
  created_by text not null,
  current_attempt integer not null,
  details_collected_at timestamp(3) with time zone,
  finished_at timestamp(3) with time zone,
  held_at timestamp(3) with time zone,
  history_kept_at timestamp(3) with time zone,
  id text not null,
  market text,
  message text not null,
  model text not null,
  name text not null,
  priority integer not null,
  progress double precision,
  progress_track jsonb,
  project_id text not null,
  provider text,
  result_model text,
  result_version integer,
  service text not null,
  signals jsonb,
  spec jsonb not null,
  started_at timestamp(3) with time zone,
  state text not null,
  state_since timestamp(3) with time zone,
  stop_at timestamp(3) with time zone,
  words tsvector not null,
  workflow_started_at timestamp(3) with time zone,
  constraint jobs_market_check CHECK ((market = ANY (ARRAY['spot'::text, 'on-demand'::text]))),
  constraint jobs_pkey PRIMARY KEY (id),
  constraint jobs_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'preparing'::text, 'waiting'::text, 'provisioning'::text, 'setup'::text, 'running'::text, 'recovering'::text, 'cancelling'::text, 'collecting'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text, 'timed-out'::text])))
);
CREATE INDEX jobs_by_cost ON public.jobs USING btree (project_id, cost_usd_micros, created_at, id);
CREATE INDEX jobs_by_duration ON public.jobs USING btree (project_id, EXTRACT(epoch FROM (finished_at - created_at)), created_at, id) WHERE (finished_at IS NOT NULL);
CREATE INDEX jobs_by_id_beginning ON public.jobs USING btree (project_id, replace(id, '-'::text, ''::text) COLLATE "C");
CREATE INDEX jobs_by_id_end ON public.jobs USING btree (project_id, reverse(replace(id, '-'::text, ''::text)) COLLATE "C");
CREATE INDEX jobs_by_market ON public.jobs USING btree (project_id, market, created_at, id);
CREATE INDEX jobs_by_name ON public.jobs USING btree (project_id, lower(name) COLLATE "C", created_at, id);
CREATE INDEX jobs_by_provider ON public.jobs USING btree (project_id, provider, created_at, id);
CREATE INDEX jobs_by_service ON public.jobs USING btree (project_id, service, created_at, id);
CREATE INDEX jobs_by_shown_id ON public.jobs USING btree (project_id, "right"(id, 8) COLLATE "C");
CREATE INDEX jobs_by_state ON public.jobs USING btree (project_id, state, created_at, id);
CREATE INDEX jobs_by_user ON public.jobs USING btree (project_id, created_by, created_at, id);
CREATE INDEX jobs_ended_by_day ON public.jobs USING btree (project_id, finished_at) WHERE (finished_at IS NOT NULL);
CREATE INDEX jobs_finished ON public.jobs USING btree (finished_at, id) WHERE (finished_at IS NOT NULL);
CREATE INDEX jobs_newest_first ON public.jobs USING btree (project_id, created_at, id);
CREATE INDEX jobs_open ON public.jobs USING btree (created_at, id) WHERE (finished_at IS NULL);
CREATE INDEX jobs_open_by_age ON public.jobs USING btree (project_id, created_at, id) WHERE (finished_at IS NULL);
CREATE INDEX jobs_open_by_state ON public.jobs USING btree (project_id, state) WHERE (finished_at IS NULL);
CREATE INDEX jobs_undelivered ON public.jobs USING btree (created_at, id) WHERE ((finished_at IS NULL) AND ((workflow_started_at IS NULL) OR ((cancel_requested_at IS NOT NULL) AND (cancel_delivered_at IS NULL))));
CREATE INDEX jobs_with_checkpoints ON public.jobs USING btree (finished_at, id) WHERE ((finished_at IS NOT NULL) AND (checkpoints_collected_at IS NULL));
CREATE INDEX jobs_with_details ON public.jobs USING btree (finished_at, id) WHERE ((finished_at IS NOT NULL) AND (details_collected_at IS NULL));
CREATE INDEX jobs_without_history ON public.jobs USING btree (finished_at, id) WHERE ((finished_at IS NOT NULL) AND (history_kept_at IS NULL));
CREATE INDEX jobs_words ON public.jobs USING gin (words);

create table launch_refusals (
  attempt integer not null,
  first_at timestamp(3) with time zone not null,
  instance_type text not null,
  job_id text not null,
  kind text not null,
  last_at timestamp(3) with time zone not null,
  launch integer not null,
  message text not null,
  offer jsonb not null,
  provider text not null,
  region text not null,
  spot boolean not null,
  streak integer not null,
  total integer not null,
  zone text not null,
  constraint launch_refusals_job_id_foreign FOREIGN KEY (job_id) REFERENCES jobs(id),
  constraint launch_refusals_kind_check CHECK ((kind = ANY (ARRAY['stockout'::text, 'quota'::text, 'unauthorized'::text, 'unavailable'::text]))),
  constraint launch_refusals_pkey PRIMARY KEY (job_id, provider, region, zone, instance_type, spot)
);
CREATE INDEX launch_refusals_last ON public.launch_refusals USING btree (last_at);

create table lineage_edges (
  created_at timestamp(3) with time zone not null default clock_timestamp(),
  created_by text not null,
  id bigint not null default nextval('lineage_edges_id_seq'::regclass),
  origin text not null,
  paths jsonb,
  project_id text not null,
  relation text not null,
  source_id text collate "C" not null,
  source_kind text not null,
  target_id text collate "C" not null,
  target_kind text not null,
  constraint lineage_edges_origin_check CHECK ((origin = ANY (ARRAY['platform'::text, 'declared'::text]))),
  constraint lineage_edges_pkey PRIMARY KEY (id),
  constraint lineage_edges_relation_check CHECK ((relation = ANY (ARRAY['version'::text, 'input'::text, 'output'::text, 'stage'::text, 'derived'::text]))),
  constraint lineage_edges_source_kind_check CHECK ((source_kind = ANY (ARRAY['dataset'::text, 'dataset-version'::text, 'run'::text, 'model'::text, 'model-version'::text, 'stage'::text, 'feature'::text, 'artifact'::text]))),
  constraint lineage_edges_target_kind_check CHECK ((target_kind = ANY (ARRAY['dataset'::text, 'dataset-version'::text, 'run'::text, 'model'::text, 'model-version'::text, 'stage'::text, 'feature'::text, 'artifact'::text])))
);
CREATE INDEX lineage_edges_downward ON public.lineage_edges USING btree (project_id, source_kind, source_id, id);
CREATE UNIQUE INDEX lineage_edges_once ON public.lineage_edges USING btree (project_id, source_kind, source_id, target_kind, target_id, relation);
CREATE INDEX lineage_edges_upward ON public.lineage_edges USING btree (project_id, target_kind, target_id, id);

create table log_chunks (
  attempt integer not null,
  bytes bigint not null,
  content bytea,
  end_offset bigint not null,
  job_id text not null,
  key text,
  object_bytes bigint,
  object_offset bigint,
  stream text not null,
  constraint log_chunks_job_id_foreign FOREIGN KEY (job_id) REFERENCES jobs(id),
  constraint log_chunks_pkey PRIMARY KEY (job_id, attempt, stream, end_offset),
  constraint log_chunks_place_check CHECK (((key IS NULL) <> (content IS NULL))),
  constraint log_chunks_stream_check CHECK ((stream = ANY (ARRAY['setup'::text, 'training'::text])))
);

create table metric_blocks (
  attempt integer not null,
  block integer not null,
  first_id bigint not null,
  first_step bigint not null,
  greatest_id bigint,
  greatest_value double precision,
  job_id text collate "C" not null,
  last_id bigint not null,
  last_step bigint not null,
  least_id bigint,
  least_value double precision,
  name text not null,
  non_finite_id bigint,
  points integer not null,
  size integer not null,
  constraint metric_blocks_pkey PRIMARY KEY (job_id, attempt, name, size, block)
);

create table metric_points (
  attempt integer not null,
  epoch double precision,
  id bigint not null default nextval('metric_points_id_seq'::regclass),
  job_id text collate "C" not null,
  name text not null,
  step bigint not null,
  time timestamp(3) with time zone not null,
  value double precision not null,
  constraint metric_points_pkey PRIMARY KEY (job_id, id)
) partition by RANGE (job_id);
CREATE INDEX metric_points_series ON ONLY public.metric_points USING btree (job_id, name, attempt, step, id) INCLUDE (value);

create table metric_series (
  attempt integer not null,
  first_id bigint not null,
  first_step bigint not null,
  greatest_step bigint,
  greatest_value double precision,
  job_id text collate "C" not null,
  least_step bigint,
  least_value double precision,
  name text not null,
  points bigint not null,
  constraint metric_series_pkey PRIMARY KEY (job_id, attempt, name)
);

create table model_versions (
  bytes bigint not null,
  created_at timestamp(3) with time zone not null,
  created_by text not null,
  external jsonb,
  format text not null,
  job_id text,
  metrics jsonb not null,
  model text not null,
  project_id text not null,
  sha256 text not null,
  signature jsonb not null,
  stage text not null,
  version integer not null,
  constraint model_versions_pkey PRIMARY KEY (project_id, model, version),
  constraint model_versions_stage_check CHECK ((stage = ANY (ARRAY['draft'::text, 'staging'::text, 'production'::text, 'retired'::text])))
);
CREATE INDEX model_versions_by_content ON public.model_versions USING btree (sha256);
CREATE INDEX model_versions_by_job ON public.model_versions USING btree (job_id) WHERE (job_id IS NOT NULL);
CREATE UNIQUE INDEX model_versions_one_in_production ON public.model_versions USING btree (project_id, model) WHERE (stage = 'production'::text);
CREATE UNIQUE INDEX model_versions_one_per_job ON public.model_versions USING btree (project_id, model, job_id) WHERE (job_id IS NOT NULL);

create table models (
  created_at timestamp(3) with time zone not null,
  latest_version integer not null,
  name text not null,
  project_id text not null,
  constraint models_pkey PRIMARY KEY (project_id, name)
);
CREATE INDEX models_words ON public.models USING gin (to_tsvector('simple'::regconfig, translate(name, '._-'::text, '   '::text)));

create table object_refs (
  job_id text not null,
  key text not null,
  constraint object_refs_job_id_foreign FOREIGN KEY (job_id) REFERENCES jobs(id),
  constraint object_refs_pkey PRIMARY KEY (key, job_id)
);
CREATE INDEX object_refs_by_job ON public.object_refs USING btree (job_id);

create table object_uses (
  bytes bigint,
  key text not null,
  removing_at timestamp(3) with time zone,
  used_at timestamp(3) with time zone not null,
  constraint object_uses_pkey PRIMARY KEY (key)
);
CREATE INDEX object_uses_oldest ON public.object_uses USING btree (used_at, key);

create table offers (
  gpu_type text,
  gpu_words text[],
  gpus integer not null,
  granularity_seconds integer,
  instance_type text not null,
  memory_gib double precision not null,
  minimum_seconds integer,
  price_usd_micros_per_hour bigint not null,
  priced_at timestamp(3) with time zone,
  provider text not null,
  region text not null,
  spot boolean not null,
  vcpu double precision not null,
  zone text not null,
  constraint offers_pkey PRIMARY KEY (provider, region, zone, instance_type, spot)
);
CREATE INDEX offers_by_price ON public.offers USING btree (provider, spot, price_usd_micros_per_hour);
CREATE INDEX offers_with_gpus ON public.offers USING btree (provider, spot, price_usd_micros_per_hour) WHERE (gpus > 0);

create table outbox (
  created_at timestamp(3) with time zone not null,
  delivered_at timestamp(3) with time zone,
  ended jsonb not null,
  given_up_at timestamp(3) with time zone,
  id bigint not null default nextval('outbox_id_seq'::regclass),
  job_id text not null,
  last_error text,
  next_try_at timestamp(3) with time zone not null,
  target text not null,
  target_kind text not null,
  tries integer not null default 0,
  constraint outbox_once UNIQUE (job_id, target_kind, target),
  constraint outbox_pkey PRIMARY KEY (id)
);
CREATE INDEX outbox_by_time ON public.outbox USING btree (created_at);
CREATE INDEX outbox_due ON public.outbox USING btree (next_try_at, id) WHERE ((delivered_at IS NULL) AND (given_up_at IS NULL));

create table provider_prices (
  priced_at timestamp(3) with time zone not null,
  provider text not null,
  constraint provider_prices_pkey PRIMARY KEY (provider)
);

create table provider_sweeps (
  error text,
  findings jsonb,
  finished_at timestamp(3) with time zone not null,
  provider text not null,
  started_at timestamp(3) with time zone not null,
  succeeded_at timestamp(3) with time zone,
  constraint provider_sweeps_pkey PRIMARY KEY (provider)
);

create table providers (
  capabilities jsonb not null,
  capacity jsonb,
  checked_at timestamp(3) with time zone not null,
  clock_skew_ms double precision,
  message text not null,
  name text not null,
  problem text,
  unusable_since timestamp(3) with time zone,
  usable boolean not null,
  constraint providers_pkey PRIMARY KEY (name),
  constraint providers_problem_check CHECK ((problem = ANY (ARRAY['credentials'::text, 'quota'::text, 'unreachable'::text, 'refused'::text])))
);

create table runner_events (
  attempt_id text not null,
  delivered_at timestamp(3) with time zone,
  event jsonb,
  event_id text not null,
  position bigint not null default nextval('runner_events_position_seq'::regclass),
  received_at timestamp(3) with time zone not null,
  tries integer not null default 0,
  constraint runner_events_pkey PRIMARY KEY (attempt_id, event_id)
);
CREATE INDEX runner_events_undelivered ON public.runner_events USING btree (tries, "position") WHERE (delivered_at IS NULL);

create table runs (
  created_at timestamp(3) with time zone not null,
  created_by text not null,
  duration_seconds double precision,
  finished_at timestamp(3) with time zone,
  id text not null,
  job_id text,
  metrics jsonb not null,
  name text not null,
  parameters jsonb not null,
  project_id text not null,
  started_at timestamp(3) with time zone,
  status text not null,
  triggered_by text not null,
  updated_at timestamp(3) with time zone not null,
  constraint runs_job_id_foreign FOREIGN KEY (job_id) REFERENCES jobs(id) ON DELETE CASCADE,
  constraint runs_pkey PRIMARY KEY (project_id, id),
  constraint runs_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'succeeded'::text, 'failed'::text, 'cancelled'::text])))
);
CREATE INDEX runs_by_shown_id ON public.runs USING btree (project_id, "right"(id, 8) COLLATE "C");
CREATE INDEX runs_by_status ON public.runs USING btree (project_id, status, created_at, id);
CREATE INDEX runs_by_trigger ON public.runs USING btree (project_id, triggered_by, created_at, id);
CREATE INDEX runs_newest_first ON public.runs USING btree (project_id, created_at, id);
CREATE UNIQUE INDEX runs_of_jobs ON public.runs USING btree (job_id) WHERE (job_id IS NOT NULL);

create table saved_views (
  columns jsonb not null,
  created_at timestamp(3) with time zone not null,
  id text not null,
  name text not null,
  owner_id text not null,
  page text not null,
  project_id text not null,
  query text not null,
  updated_at timestamp(3) with time zone not null,
  constraint saved_views_by_owner UNIQUE (project_id, owner_id, page, name),
  constraint saved_views_pkey PRIMARY KEY (id)
);

create table services (
  last_number integer not null,
  project_id text not null,
  service text not null,
  constraint services_pkey PRIMARY KEY (project_id, service)
);
CREATE INDEX services_words ON public.services USING gin (to_tsvector('simple'::regconfig, translate(service, '._-'::text, '   '::text)));

create table sessions (
  api_key_id text not null,
  created_at timestamp(3) with time zone not null,
  expires_at timestamp(3) with time zone not null,
  parent_hash text,
  revoked_at timestamp(3) with time zone,
  token_hash text not null,
  constraint sessions_api_key_id_foreign FOREIGN KEY (api_key_id) REFERENCES api_keys(id),
  constraint sessions_pkey PRIMARY KEY (token_hash)
);

create table sign_in_links (
  api_key_id text not null,
  expires_at timestamp(3) with time zone not null,
  session_hash text,
  token_hash text not null,
  used_at timestamp(3) with time zone,
  constraint sign_in_links_api_key_id_foreign FOREIGN KEY (api_key_id) REFERENCES api_keys(id),
  constraint sign_in_links_pkey PRIMARY KEY (token_hash)
);

create table stage_changes (
  changed_at timestamp(3) with time zone not null,
  changed_by text not null,
  from_stage text,
  id bigint not null default nextval('stage_changes_id_seq'::regclass),
  model text not null,
  project_id text not null,
  reason text not null,
  to_stage text not null,
  version integer not null,
  constraint stage_changes_from_stage_check CHECK ((from_stage = ANY (ARRAY['draft'::text, 'staging'::text, 'production'::text, 'retired'::text]))),
  constraint stage_changes_pkey PRIMARY KEY (id),
  constraint stage_changes_to_stage_check CHECK ((to_stage = ANY (ARRAY['draft'::text, 'staging'::text, 'production'::text, 'retired'::text])))
);
CREATE INDEX stage_changes_by_model ON public.stage_changes USING btree (project_id, model, id);

create table stray_instances (
  attempt_id text not null,
  due_at timestamp(3) with time zone,
  instance_id text not null,
  last_error text,
  last_tried_at timestamp(3) with time zone,
  price_usd_micros_per_hour bigint,
  provider text not null,
  reason text not null,
  region text not null,
  resolved_at timestamp(3) with time zone,
  retry_asked_at timestamp(3) with time zone,
  since timestamp(3) with time zone not null,
  told_at timestamp(3) with time zone,
  tries integer not null default 0,
  constraint stray_instances_pkey PRIMARY KEY (provider, instance_id),
  constraint stray_instances_reason_check CHECK ((reason = ANY (ARRAY['unknown-attempt'::text, 'attempt-settled'::text, 'duplicate'::text, 'abandoned'::text, 'not-ending'::text])))
);
CREATE INDEX stray_instances_open ON public.stray_instances USING btree (provider, since) WHERE (resolved_at IS NULL);

create table streams (
  attempt_id text not null,
  next_offset bigint not null,
  packed_by text,
  packed_until timestamp(3) with time zone,
  points bigint not null default 0,
  settled_at timestamp(3) with time zone,
  stream text not null,
  tail_bytes bigint not null default 0,
  tail_since timestamp(3) with time zone,
  constraint streams_pkey PRIMARY KEY (attempt_id, stream)
);
CREATE INDEX streams_tail ON public.streams USING btree (tail_since) WHERE (tail_since IS NOT NULL);
CREATE INDEX streams_unsettled ON public.streams USING btree (attempt_id) WHERE (settled_at IS NULL);

create table system_metrics (
  at timestamp(3) with time zone not null,
  attempt integer not null,
  greatest real[] not null,
  job_id text collate "C" not null,
  least real[] not null,
  mean real[] not null,
  names text[] not null,
  seconds integer not null,
  constraint system_metrics_pkey PRIMARY KEY (job_id, attempt, at)
);

create table upload_pieces (
  bytes bigint not null,
  key text not null,
  start bigint not null,
  upload_id text not null,
  constraint upload_pieces_pkey PRIMARY KEY (upload_id, start),
  constraint upload_pieces_upload_id_foreign FOREIGN KEY (upload_id) REFERENCES uploads(id)
);

create table uploads (
  bytes bigint not null,
  created_at timestamp(3) with time zone not null,
  created_by text not null,
  id text not null,
  metadata text not null,
  path text,
  project_id text not null,
  received bigint not null,
  sha256 text,
  state text not null,
  updated_at timestamp(3) with time zone not null,
  constraint uploads_pkey PRIMARY KEY (id),
  constraint uploads_state_check CHECK ((state = ANY (ARRAY['open'::text, 'stored'::text, 'ended'::text])))
);
CREATE INDEX uploads_oldest ON public.uploads USING btree (updated_at, id);

create table workers (
  id text not null,
  queues jsonb not null,
  seen_at timestamp(3) with time zone not null,
  started_at timestamp(3) with time zone not null,
  temporal_problems jsonb not null default '[]'::jsonb,
  constraint workers_pkey PRIMARY KEY (id)
);
