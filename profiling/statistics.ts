import type { Cell, ColumnProfile, ColumnStats } from '@artenic/core';
import { DuckDBListValue, DuckDBMapValue, DuckDBTypeId, type DuckDBValue } from '@duckdb/node-api';
import { aggregate, type Aggregates, type Column } from './columns.ts';
import { nameSql, rowsOf, type Opened } from './database.ts';
import { cellOf, countOf, cutText, numberOf } from './values.ts';

/** Columns with statistics; the others have name and type. */
const mostDetailed = 500;
const bins = 20;
const mostFrequent = 10;
const quantiles = '[0.05, 0.25, 0.5, 0.75, 0.95]';
/** Grouping more values than these would need much memory. */
const mostGroups = 100_000;
/** Fewer values are counted in one statement for many columns. */
const mostMapped = 500;
const longestText = 200;
/** The square of a larger one is no double. */
const squarable = 1e150;

/** The values of a column that have an order and a distance: without NaN and infinities. */
const finiteSql = (column: Column, name: string): string =>
  column.class === 'real' ? `(CASE WHEN isfinite(${name}) THEN ${name} END)` : name;

/** A column's values as doubles, for means and histograms. */
function doubleSql(column: Column, name: string): string {
  if (column.class === 'time') return `(CASE WHEN isfinite(${name}) THEN epoch(${name}) END)`;
  return `${finiteSql(column, name)}::DOUBLE`;
}

const isNumeric = ({ class: kind }: Column): boolean => kind === 'integer' || kind === 'decimal' || kind === 'real';

function firstAggregates(column: Column, name: string): Aggregates {
  const common = { filled: `count(${name})` };
  const finite = finiteSql(column, name);
  switch (column.class) {
    case 'other':
      return common;
    case 'boolean':
      return { ...common, distinct: `approx_count_distinct(${name})`, min: `min(${name})`, max: `max(${name})` };
    case 'text':
      return {
        ...common,
        distinct: `approx_count_distinct(${name})`,
        min: `min(left(${name}::VARCHAR, ${longestText + 1}))`,
        max: `max(left(${name}::VARCHAR, ${longestText + 1}))`,
        shortest: `min(length(${name}::VARCHAR))`,
        longest: `max(length(${name}::VARCHAR))`,
        meanLength: `avg(length(${name}::VARCHAR))`,
      };
    case 'time':
      return {
        ...common,
        ...{ distinct: `approx_count_distinct(${name})`, min: `min(${name})`, max: `max(${name})` },
        ...{ low: `min(${doubleSql(column, name)})`, high: `max(${doubleSql(column, name)})` },
        quantiles: `approx_quantile(CASE WHEN isfinite(${name}) THEN ${name} END, ${quantiles})`,
      };
    case 'integer':
    case 'decimal':
    case 'real': {
      const double = doubleSql(column, name);
      const special = {
        nan: `count_if(isnan(${name}))`,
        positive: `count_if(${name} = 'infinity')`,
        negative: `count_if(${name} = '-infinity')`,
      };
      return {
        ...common,
        ...{ distinct: `approx_count_distinct(${name})`, min: `min(${finite})`, max: `max(${finite})` },
        ...{ low: `min(${double})`, high: `max(${double})`, mean: `avg(${double})` },
        deviation: `stddev_samp(CASE WHEN abs(${double}) < ${squarable} THEN ${double} END)`,
        quantiles: `approx_quantile(${finite}, ${quantiles})`,
        ...(column.class === 'real' ? special : {}),
      };
    }
  }
}

type First = ReadonlyMap<string, DuckDBValue>;
type Range = { readonly low: number; readonly width: number; readonly number: number };

/** Null where there is no width: no value, or an interval wider than a double. Few whole numbers have a bin each. */
function rangeOf(column: Column, first: First): Range | null {
  const [low, high] = [numberOf(first.get('low')), numberOf(first.get('high'))];
  if (low === null || high === null) return null;
  if (high === low) return { low, width: 0, number: 1 };
  if (column.class === 'integer' && high - low < bins) return { low, width: 1, number: high - low + 1 };
  const width = (high - low) / bins;
  return Number.isFinite(width) && width > 0 ? { low, width, number: bins } : null;
}

function binSql(column: Column, name: string, { low, width, number }: Range): string {
  if (width === 0) return `histogram(CASE WHEN ${doubleSql(column, name)} IS NOT NULL THEN 0::UTINYINT END)`;
  const bin = `floor((${doubleSql(column, name)} - (${low})) / ${width})`;
  return `histogram(least(${number - 1}, greatest(0, ${bin}))::UTINYINT)`;
}

function boundOf({ class: kind, id }: Column, value: number): Cell {
  if (kind !== 'time') return value;
  const ms = Math.round(value * 1000);
  if (Math.abs(ms) > 8.64e15) return value;
  const iso = new Date(ms).toISOString();
  if (id === DuckDBTypeId.DATE) return iso.slice(0, 10);
  return id === DuckDBTypeId.TIMESTAMP_TZ ? iso : iso.slice(0, -1);
}

function histogramOf(column: Column, range: Range | null, found: DuckDBValue | undefined): ColumnStats['histogram'] {
  if (range === null || !(found instanceof DuckDBMapValue)) return null;
  const { number } = range;
  const counts = Array.from({ length: number }, () => 0);
  for (const { key, value } of found.entries) counts[Number(key)] = countOf(value);
  const bounds = Array.from({ length: number + 1 }, (_, index) => boundOf(column, range.low + index * range.width));
  return { bounds, counts };
}

/** How the most frequent values are counted: not where nearly every value is another one, or there are too many. */
function waysOfTop(column: Column, first: First): 'map' | 'groups' | 'none' {
  const [distinct, filled] = [countOf(first.get('distinct')), countOf(first.get('filled'))];
  const isTelling = distinct * 2 <= filled || distinct <= mostFrequent;
  if (column.class === 'other' || filled === 0 || !isTelling || distinct > mostGroups) return 'none';
  return distinct <= mostMapped && countOf(first.get('longest')) <= longestText ? 'map' : 'groups';
}

type Frequent = { readonly value: Cell; readonly count: number };

function topOfMap(found: DuckDBValue | undefined): readonly Frequent[] {
  if (!(found instanceof DuckDBMapValue)) return [];
  return found.entries
    .map(({ key, value }) => ({ value: cellOf(key), count: countOf(value) }))
    .toSorted((one, other) => other.count - one.count)
    .slice(0, mostFrequent);
}

async function topOfGroups(opened: Opened, relation: string, column: Column): Promise<readonly Frequent[]> {
  const name = nameSql(column.name);
  const value =
    column.class === 'text' ? `left(any_value(${name})::VARCHAR, ${longestText + 1})` : `any_value(${name})`;
  const found = await rowsOf(
    opened,
    `SELECT ${value}, count(*) AS number FROM ${relation} WHERE ${name} IS NOT NULL
     GROUP BY ${name} ORDER BY number DESC, 1 LIMIT ${mostFrequent}`,
  );
  return found.map(([value = null, number]) => ({
    value: cutText(cellOf(value), longestText),
    count: countOf(number),
  }));
}

function lengthsOf(first: First): ColumnStats['length'] {
  const mean = numberOf(first.get('meanLength'));
  return mean === null ? null : { min: countOf(first.get('shortest')), max: countOf(first.get('longest')), mean };
}

function statsOf(
  column: Column,
  rows: number,
  first: First,
  parts: Pick<ColumnStats, 'histogram' | 'top'>,
): ColumnStats {
  const quantilesFound = first.get('quantiles') ?? null;
  const isSquarable = Math.max(Math.abs(numberOf(first.get('low')) ?? 0), numberOf(first.get('high')) ?? 0) < squarable;
  const filled = countOf(first.get('filled'));
  const distinct = numberOf(first.get('distinct'));
  return {
    nulls: rows - filled,
    // the estimate may be above the number of values
    distinct: distinct === null ? null : Math.min(distinct, filled),
    min: cutText(cellOf(first.get('min') ?? null), longestText),
    max: cutText(cellOf(first.get('max') ?? null), longestText),
    mean: isNumeric(column) ? numberOf(first.get('mean')) : null,
    deviation: isNumeric(column) && isSquarable ? numberOf(first.get('deviation')) : null,
    quantiles: quantilesFound instanceof DuckDBListValue ? quantilesFound.items.map(cellOf) : null,
    nan: countOf(first.get('nan')),
    positiveInfinity: countOf(first.get('positive')),
    negativeInfinity: countOf(first.get('negative')),
    length: lengthsOf(first),
    ...parts,
  };
}

/** Statistics of all columns of a relation that can be read several times. */
export async function describeColumns(
  opened: Opened,
  relation: string,
  columns: readonly Column[],
): Promise<{ readonly rows: number; readonly columns: readonly ColumnProfile[] }> {
  const [[counted] = []] = await rowsOf(opened, `SELECT count(*) FROM ${relation}`);
  const rows = countOf(counted);
  const detailed = columns.slice(0, mostDetailed);
  const first = await aggregate(opened, relation, detailed, firstAggregates);
  const plans = detailed.map((column, index) => {
    const found = first[index] ?? new Map<string, DuckDBValue>();
    return { first: found, range: rangeOf(column, found), top: waysOfTop(column, found) };
  });
  const second = await aggregate(opened, relation, detailed, (column, name, index): Aggregates => {
    const { range = null, top = 'none' } = plans[index] ?? {};
    return {
      ...(range === null ? {} : { bins: binSql(column, name, range) }),
      ...(top === 'map' ? { top: `histogram(${name})` } : {}),
    };
  });
  const described: ColumnProfile[] = [];
  for (const [index, column] of columns.entries()) {
    const { name, type, class: kind } = column;
    const plan = plans[index];
    if (plan === undefined) {
      described.push({ name, type, class: kind, stats: null });
      continue;
    }
    const found = second[index];
    const histogram = histogramOf(column, plan.range, found?.get('bins'));
    const top = plan.top === 'groups' ? await topOfGroups(opened, relation, column) : topOfMap(found?.get('top'));
    described.push({ name, type, class: kind, stats: statsOf(column, rows, plan.first, { histogram, top: [...top] }) });
  }
  return { rows, columns: described };
}
