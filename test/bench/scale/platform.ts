import { readFileSync } from 'node:fs';
import pg from 'pg';
import type { JobView } from '@artenic/core';
import { createStack, type Stack } from '../../support/stack.ts';
import { timed } from '../statistics.ts';

const ticksPerSecond = 100;

/**
 * A complete platform for the benchmark. Counts are read from its database, so that polling costs the platform nothing.
 */
export class BenchPlatform {
  readonly stack: Stack;
  readonly #database: pg.Client;

  private constructor(stack: Stack, database: pg.Client) {
    this.stack = stack;
    this.#database = database;
  }

  static async start(environment: Readonly<Record<string, string>>): Promise<BenchPlatform> {
    const stack = createStack(environment);
    await stack.start();
    const database = new pg.Client({ connectionString: stack.endpoints().databaseUrl });
    await database.connect();
    return new BenchPlatform(stack, database);
  }

  async close(): Promise<void> {
    await this.#database.end();
    await this.stack.destroy();
  }

  async query<Row extends pg.QueryResultRow>(statement: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#database.query<Row>(statement, [...values])).rows;
  }

  /** Number of jobs by state. */
  async states(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.query<{ state: string; n: number }>(
      'select state, count(*)::int as n from jobs group by state',
    );
    return new Map(rows.map(({ state, n }) => [state, n]));
  }

  submit(job: object): Promise<JobView> {
    return this.stack.request<JobView>('POST', '/api/v1/jobs', job);
  }

  /** Milliseconds of each submit, in the order of the answers. */
  submitMany(job: object, count: number, clients: number): Promise<readonly number[]> {
    return timed(count, clients, async () => void (await this.submit(job)));
  }

  /** Processor seconds used by a process since its start. */
  processorSeconds(part: 'api' | 'worker'): number {
    const pid = this.stack.endpoints().processes[part];
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }

  /** Bytes of all tables including their indexes. */
  async databaseBytes(): Promise<number> {
    const [row] = await this.query<{ bytes: string }>('select pg_database_size(current_database()) as bytes');
    return Number(row?.bytes ?? 0);
  }
}
