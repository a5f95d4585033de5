import { Migration } from '@mikro-orm/migrations';

const stages = `('draft', 'staging', 'production', 'retired')`;

/** The stage \`registered\` is \`draft\` from here on, in versions, their history and the events that are kept. */
const modelStages = `
alter table model_versions drop constraint model_versions_stage_check;
alter table stage_changes
  drop constraint stage_changes_from_stage_check,
  drop constraint stage_changes_to_stage_check;
update model_versions set stage = 'draft' where stage = 'registered';
update stage_changes set
  from_stage = case from_stage when 'registered' then 'draft' else from_stage end,
  to_stage = case to_stage when 'registered' then 'draft' else to_stage end
where 'registered' in (from_stage, to_stage);
update events set data = data
  || case data ->> 'from' when 'registered' then '{"from": "draft"}'::jsonb else '{}' end
  || case data ->> 'to' when 'registered' then '{"to": "draft"}'::jsonb else '{}' end
where kind = 'model.stage';
alter table model_versions add constraint model_versions_stage_check check (stage in ${stages});
alter table stage_changes
  add constraint stage_changes_from_stage_check check (from_stage in ${stages}),
  add constraint stage_changes_to_stage_check check (to_stage in ${stages});
`;

export class ModelStages extends Migration {
  override up(): void {
    this.addSql(modelStages);
  }
}
