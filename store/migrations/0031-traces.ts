import { Migration } from '@mikro-orm/migrations';

/** Each try of a launch must send the same bootstrap, so the `traceparent` of the first try is stored. */
const traces = `alter table attempts add column traceparent text null;`;

export class Traces extends Migration {
  override up(): void {
    this.addSql(traces);
  }
}
