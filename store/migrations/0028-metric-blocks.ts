import { Migration } from '@mikro-orm/migrations';

/** Collation `"C"`, as in the later `metric_points`, whose partitions are ranges of ids. */
const tables = `
create table metric_series (
  job_id text collate "C" not null,
  attempt int not null,
  name text not null,
  points bigint not null,
  first_step bigint not null,
  first_id bigint not null,
  primary key (job_id, attempt, name)
);

create table metric_blocks (
  job_id text collate "C" not null,
  attempt int not null,
  name text not null,
  size int not null,
  block int not null,
  points int not null,
  first_step bigint not null,
  first_id bigint not null,
  last_step bigint not null,
  last_id bigint not null,
  least_value double precision null,
  least_id bigint null,
  greatest_value double precision null,
  greatest_id bigint null,
  non_finite_id bigint null,
  primary key (job_id, attempt, name, size, block)
);
`;

/** Sums up the existing points. */
export const sumUpPoints = `
insert into metric_series (job_id, attempt, name, points, first_step, first_id)
  select job_id, attempt, name, count(*), min(step), min(id) from metric_points group by job_id, attempt, name;

insert into metric_blocks (
  job_id, attempt, name, size, block, points, first_step, first_id, last_step, last_id,
  least_value, least_id, greatest_value, greatest_id, non_finite_id
)
select job_id, attempt, name, size, number / size, count(*),
  min(step), (min(array[step, id]))[2], max(step), (max(array[step, id]))[2],
  min(value) filter (where is_finite), (min(array[value, id]) filter (where is_finite))[2],
  max(value) filter (where is_finite), -(max(array[value, -id]) filter (where is_finite))[2],
  min(id) filter (where not is_finite)
from (
  select *, (value > '-infinity' and value < 'infinity') as is_finite,
    row_number() over (partition by job_id, attempt, name order by id) - 1 as number
  from metric_points
) as numbered cross join (values (16), (256)) as sizes (size)
group by job_id, attempt, name, size, number / size;
`;

/** Sums over metric points, so that a chart of a long job reads few rows. */
export class MetricBlocks extends Migration {
  override up(): void {
    this.addSql(tables);
    this.addSql(sumUpPoints);
  }
}
