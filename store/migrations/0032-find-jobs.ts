import { Migration } from '@mikro-orm/migrations';

/** Names for jobs, and indexes by which a shortened id finds its job. */
const names = `
create table services (
  project_id text not null,
  service text not null,
  last_number int not null,
  primary key (project_id, service)
);
insert into services (project_id, service, last_number)
  select project_id, service, count(*) from jobs group by project_id, service;
create index services_words on services
  using gin (to_tsvector('simple'::regconfig, translate(service, '._-', '   ')));
create index models_words on models using gin (to_tsvector('simple'::regconfig, translate(name, '._-', '   ')));

alter table jobs add column name text null;
update jobs set name = numbered.name from (
  select id, service || ' #' || row_number() over (partition by project_id, service order by created_at, id) as name
  from jobs
) as numbered where numbered.id = jobs.id;
alter table jobs alter column name set not null;
`;

/** Columns of the list of jobs. */
const columns = `
alter table jobs
  add column words tsvector null,
  add column provider text null,
  add column market text null,
  add column cost_usd_micros bigint not null default 0,
  add constraint jobs_market_check check (market in ('spot', 'on-demand'));
update jobs set
  words = array_to_tsvector(array(
    select left(word, 64) from unnest(regexp_split_to_array(lower(concat_ws(' ', name, service, model, message, (
      select string_agg(label.key || ' ' || label.value, ' ') from jsonb_each_text(spec -> 'labels') as label
    ))), '[^[:alnum:]]+')) as word where word <> ''
    union select '=' || length(label.key) || ':' || label.key || '=' || label.value
      from jsonb_each_text(spec -> 'labels') as label
    union select '>' || replace(id, '-', '') union select '<' || reverse(replace(id, '-', ''))
  )),
  provider = coalesce(newest.offer ->> 'provider', case
    when jsonb_array_length(spec -> 'placement' -> 'providers') = 1 then spec -> 'placement' -> 'providers' ->> 0 end),
  market = case
    when newest.offer is not null then case when (newest.offer ->> 'spot')::boolean then 'spot' else 'on-demand' end
    when spec -> 'placement' ->> 'mode' in ('spot', 'on-demand') then spec -> 'placement' ->> 'mode' end
from (select id as job_id, (
    select offer from attempts where attempts.job_id = jobs.id order by attempt desc limit 1
  ) as offer from jobs) as newest
where newest.job_id = jobs.id;
alter table jobs alter column words set not null;

create index jobs_by_id_beginning on jobs (project_id, (replace(id, '-', '') collate "C"));
create index jobs_by_id_end on jobs (project_id, (reverse(replace(id, '-', '')) collate "C"));
create index jobs_by_name on jobs (project_id, (lower(name) collate "C"), created_at, id);
create index jobs_by_service on jobs (project_id, service, created_at, id);
create index jobs_by_state on jobs (project_id, state, created_at, id);
create index jobs_by_provider on jobs (project_id, provider, created_at, id);
create index jobs_by_market on jobs (project_id, market, created_at, id);
create index jobs_by_user on jobs (project_id, created_by, created_at, id);
create index jobs_by_cost on jobs (project_id, cost_usd_micros, created_at, id);
create index jobs_by_duration on jobs (project_id, (extract(epoch from (finished_at - created_at))), created_at, id)
  where finished_at is not null;
create index jobs_open_by_age on jobs (project_id, created_at, id) where finished_at is null;
create index jobs_words on jobs using gin (words);
`;

/** Costs of the attempts so far, as `core/cost` counts them. */
const costs = `
update jobs set cost_usd_micros = billed.cost from (
  select job_id, sum(ceil(
    coalesce((offer ->> 'priceUsdMicrosPerHour')::numeric, 0) * ceil(greatest(ran_ms, minimum_ms) / granule_ms) * granule_ms / 3600000
  ))::bigint as cost
  from attempts, lateral (
    select
      case when billed_until is null then coalesce(billed_from, hello_at) else billed_from end as begun,
      coalesce(billed_until, termination_confirmed_at, now()) as gone,
      round(coalesce((offer -> 'billing' ->> 'minimumSeconds')::numeric, 0) * 1000) as minimum_ms,
      greatest(1, round(coalesce((offer -> 'billing' ->> 'granularitySeconds')::numeric, 0.001) * 1000)) as granule_ms
  ) as terms, lateral (
    select greatest(0, round(extract(epoch from (gone - begun)) * 1000)) as ran_ms
  ) as times
  where begun is not null group by job_id
) as billed where billed.job_id = jobs.id;
`;

/** The least and the greatest value of each series, for the best value of a job. */
const extremes = `
alter table metric_series
  add column least_value double precision null,
  add column least_step bigint null,
  add column greatest_value double precision null,
  add column greatest_step bigint null;
`;
export const sumUpExtremes = `
update metric_series set
  least_value = least.value, least_step = least.step, greatest_value = greatest.value, greatest_step = greatest.step
from (
  select distinct on (job_id, attempt, name) job_id, attempt, name, least_value as value, (
    select step from metric_points as point where point.job_id = block.job_id and point.id = block.least_id limit 1
  ) as step
  from metric_blocks as block where size = 256 and least_value is not null
  order by job_id, attempt, name, least_value, block
) as least, (
  select distinct on (job_id, attempt, name) job_id, attempt, name, greatest_value as value, (
    select step from metric_points as point where point.job_id = block.job_id and point.id = block.greatest_id limit 1
  ) as step
  from metric_blocks as block where size = 256 and greatest_value is not null
  order by job_id, attempt, name, greatest_value desc, block
) as greatest
where least.job_id = metric_series.job_id and least.attempt = metric_series.attempt and least.name = metric_series.name
  and greatest.job_id = metric_series.job_id and greatest.attempt = metric_series.attempt
  and greatest.name = metric_series.name;
`;

export class FindJobs extends Migration {
  override up(): void {
    for (const part of [names, columns, costs, extremes, sumUpExtremes]) this.addSql(part);
  }
}
