import { Migration } from '@mikro-orm/migrations';

/** Each try of a launch must tell the machine the same: the first one's place in its trace is kept. */
const traces = `alter table attempts add column traceparent text null;`;

export class Traces extends Migration {
  override up(): void {
    this.addSql(traces);
  }
}
