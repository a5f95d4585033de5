import { Migration } from '@mikro-orm/migrations';

/**
 * `metric_points` in weekly partitions by their job's submission: a job's id begins with its time, and the points of
 * weeks whose jobs have all been removed are dropped, not deleted row by row. The rows of an existing database become
 * the first partition as they are, without a copy; its indexes are rebuilt, because ids are compared byte by byte. Rows
 * with ids of a later time, or with ids in another form, are moved.
 */
const points = `
alter table metric_points rename to metric_points_old;
alter table metric_points_old alter column job_id type text collate "C";
alter table metric_points_old rename constraint metric_points_pkey to metric_points_old_pkey;
alter index metric_points_series rename to metric_points_old_series;

create table metric_points (like metric_points_old including defaults, primary key (job_id, id)) partition by range (job_id);
alter table metric_points_old alter column id drop default;
alter sequence metric_points_id_seq owned by metric_points.id;
create table metric_points_default partition of metric_points default;
create index metric_points_series on metric_points (job_id, name, attempt, step, id) include (value);

do $$
declare
  until timestamptz := (date_trunc('week', now() at time zone 'utc') + interval '7 days') at time zone 'utc';
  part text := 'metric_points_before_' || to_char(until at time zone 'utc', 'YYYYMMDD');
  hex text := lpad(to_hex((extract(epoch from until) * 1000)::bigint), 12, '0');
  bound text := substr(hex, 1, 8) || '-' || substr(hex, 9);
begin
  if exists (select from metric_points_old) then
    insert into metric_points_default select * from metric_points_old where job_id >= bound;
    delete from metric_points_old where job_id >= bound;
    execute format('alter table metric_points_old rename to %I', part);
    execute format('alter table metric_points attach partition %I for values from (minvalue) to (%L)', part, bound);
  else
    drop table metric_points_old;
  end if;
end $$;
`;

export class MetricPartitions extends Migration {
  override up(): void {
    this.addSql(points);
  }
}
