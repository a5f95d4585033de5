import { Migration } from '@mikro-orm/migrations';

/** Dataset versions that jobs read and write. A dataset may go before the job, so there is no foreign key to it. */
const jobDatasets = `
create table job_datasets (
  job_id text not null constraint job_datasets_job_id_foreign references jobs (id),
  role text not null constraint job_datasets_role_check check (role in ('input', 'output')),
  position integer not null,
  dataset_id text not null,
  dataset text not null,
  version integer not null,
  root text not null,
  reference text not null,
  folder text not null,
  paths jsonb null,
  allow_purged boolean not null,
  files integer not null,
  bytes bigint not null,
  primary key (job_id, role, position)
);
create index job_datasets_by_dataset on job_datasets (dataset_id, version);
create index dataset_contents_purged on dataset_contents (dataset_id) where purged_at is not null;
`;

export class JobDatasets extends Migration {
  override up(): void {
    this.addSql(jobDatasets);
  }
}
