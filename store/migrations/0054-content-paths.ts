import { Migration } from '@mikro-orm/migrations';

/** Paths under which a dataset has had each content, from the leaves of its trees: at most 100 of each. */
const paths = `
alter table dataset_contents add column paths jsonb not null default '[]';

update dataset_contents as content set paths = had.paths
from (
  select dataset_id, sha256, jsonb_agg(path) as paths from (
    select dataset_id, sha256, path, row_number() over (partition by dataset_id, sha256 order by path) as place from (
      select distinct dataset_id, item ->> 1 as sha256, item ->> 0 as path
      from dataset_nodes cross join lateral jsonb_array_elements(content::jsonb -> 1) as item
      where content like '[0,%'
    ) as files
  ) as numbered
  where place <= 100
  group by dataset_id, sha256
) as had
where content.dataset_id = had.dataset_id and content.sha256 = had.sha256;
`;

export class ContentPaths extends Migration {
  override up(): void {
    this.addSql(paths);
  }
}
