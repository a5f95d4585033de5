import { Migration } from '@mikro-orm/migrations';

export class ExternalModels extends Migration {
  override up(): void {
    this.addSql('alter table model_versions add column external jsonb null');
  }
}
