import { sql, type RawBuilder } from 'kysely';
import type { Db } from '../../store/database.ts';

export type Plan = {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
};

export const nodesOf = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** Number of rows that a scan has examined. */
export const rowsOfScan = (scan: Plan): number =>
  (scan['Actual Rows'] + (scan['Rows Removed by Filter'] ?? 0)) * scan['Actual Loops'];

/** Runs the query; returns the scanned tables and the number of examined rows. */
export async function rowsReadBy(
  db: Db,
  query: RawBuilder<unknown>,
): Promise<{ readonly tables: readonly string[]; readonly read: number }> {
  const { rows } = await sql<{
    readonly queryPLAN: readonly [{ readonly Plan: Plan }];
  }>`explain (analyze, timing off, format json) ${query}`.execute(db);
  const [explained] = Object.values(rows[0] ?? {})[0] ?? [];
  const scans =
    explained === undefined ? [] : nodesOf(explained.Plan).filter((node) => node['Relation Name'] !== undefined);
  const read = scans.reduce((sum, scan) => sum + rowsOfScan(scan), 0);
  return { tables: scans.map((scan) => scan['Relation Name'] ?? ''), read };
}
