import { Migration } from '@mikro-orm/migrations';

/** Names for jobs, and indexes by which a shortened id finds its job. */
const names = `
create table service_counters (
  project_id text not null,
  service text not null,
  jobs int not null,
  primary key (project_id, service)
);
insert into service_counters (project_id, service, jobs)
  select project_id, service, count(*) from jobs group by project_id, service;

alter table jobs add column name text null;
update jobs set name = numbered.name from (
  select id, service || ' #' || row_number() over (partition by project_id, service order by created_at, id) as name
  from jobs
) as numbered where numbered.id = jobs.id;
alter table jobs alter column name set not null;

create index jobs_by_id_beginning on jobs (project_id, (replace(id, '-', '') collate "C"));
create index jobs_by_id_end on jobs (project_id, (reverse(replace(id, '-', '')) collate "C"));
create index jobs_by_service on jobs (project_id, service, created_at, id);
`;

export class Names extends Migration {
  override up(): void {
    this.addSql(names);
  }
}
