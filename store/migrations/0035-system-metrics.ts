import { Migration } from '@mikro-orm/migrations';

/** Use of processor, memory, disk, network and GPUs by attempts and on their machines. */
const systemMetrics = `
create table system_metrics (
  job_id text collate "C" not null,
  attempt int not null,
  at timestamptz(3) not null,
  seconds int not null,
  names text[] not null,
  least real[] not null,
  mean real[] not null,
  greatest real[] not null,
  primary key (job_id, attempt, at)
);
`;

export class SystemMetrics extends Migration {
  override up(): void {
    this.addSql(systemMetrics);
  }
}
