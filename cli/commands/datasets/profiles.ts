import {
  formatSize,
  mostPreviewRows,
  type Cell,
  type ColumnProfile,
  type DatasetPreview,
  type DatasetStats,
  type FileProfile,
  type FileStats,
} from '@artenic/core';
import type { Command } from 'commander';
import type { Look } from '../../output/look.ts';
import { table } from '../../output/table.ts';
import type { Runtime } from '../../runtime.ts';
import { positiveNumber, wholeNumber } from '../numbers.ts';
import { placeOf } from './files.ts';

const shownCharacters = 60;

function cellText(cell: Cell | undefined): string {
  const text = typeof cell === 'string' ? cell : cell == null ? '' : JSON.stringify(cell);
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}

function holds({ state, rows, columns, width, height, failure }: FileStats): string {
  if (failure !== null) return failure.row === null ? failure.message : `row ${failure.row}: ${failure.message}`;
  if (rows !== null) return `${rows.toLocaleString('en')} rows, ${(columns ?? 0).toLocaleString('en')} columns`;
  if (width !== null) return `${width} × ${height ?? 0} pixels`;
  return state === 'waiting' ? 'being profiled' : '';
}

function filesTable(look: Look, files: readonly FileStats[]): string {
  return table(
    look,
    [
      { name: 'PATH', cell: ({ path }) => path },
      { name: 'SIZE', cell: ({ bytes }) => formatSize(bytes), isNumber: true },
      { name: 'TYPE', cell: ({ mediaType }) => mediaType, rank: 2 },
      { name: 'STATE', cell: ({ state }) => (state === 'none' ? '' : state), rank: 3, isOptional: true },
      { name: 'HOLDS', cell: holds, isOptional: true, tone: ({ state }) => (state === 'failed' ? 'bad' : null) },
    ],
    files,
  );
}

function headOf({ version, files, bytes, profiles }: DatasetStats, name: string): string {
  const more = profiles.skipped === 0 ? '' : ` ${profiles.skipped} files are beyond the limit for profiles.`;
  const waiting = profiles.state === 'waiting' ? ' Profiles are being made.' : '';
  return `${name} version ${version}: ${files.toLocaleString('en')} files, ${formatSize(bytes)}.${waiting}${more}`;
}

const statistic = (pick: (stats: NonNullable<ColumnProfile['stats']>) => string) => (column: ColumnProfile) =>
  column.stats === null ? '' : pick(column.stats);
const counted = (count: number | null): string => (count === null ? '' : count.toLocaleString('en'));

function columnsTable(look: Look, columns: readonly ColumnProfile[]): string {
  return table(
    look,
    [
      { name: 'COLUMN', cell: ({ name }) => name },
      { name: 'TYPE', cell: ({ type }) => type },
      { name: 'NULLS', cell: statistic(({ nulls }) => counted(nulls)), isNumber: true, rank: 2 },
      { name: 'DISTINCT', cell: statistic(({ distinct }) => counted(distinct)), isNumber: true, rank: 3 },
      { name: 'MIN', cell: statistic(({ min }) => cellText(min)), rank: 4 },
      { name: 'MAX', cell: statistic(({ max }) => cellText(max)), rank: 5 },
      {
        name: 'MEAN',
        cell: statistic(({ mean }) => (mean === null ? '' : mean.toPrecision(5))),
        isNumber: true,
        rank: 6,
      },
      {
        name: 'MOST FREQUENT',
        cell: statistic(({ top }) =>
          top
            .slice(0, 3)
            .map(({ value, count }) => `${cellText(value)} (${counted(count)})`)
            .join(', '),
        ),
        isOptional: true,
        rank: 7,
      },
    ],
    columns,
  );
}

function describeProfile(look: Look, { path, bytes, mediaType, state, profile }: FileProfile): string {
  const head = `${path}: ${formatSize(bytes)}, ${mediaType}`;
  if (profile === null) return `${head}. ${state === 'waiting' ? 'Its profile is being made.' : 'It has no profile.'}`;
  switch (profile.kind) {
    case 'image':
      return `${head}, ${profile.width} × ${profile.height} pixels.`;
    case 'failed':
      return `${head}. It cannot be read: ${profile.failure.message}`;
    case 'table':
      return `${head}, ${counted(profile.rows)} rows\n\n${columnsTable(look, profile.columns)}`;
  }
}

async function stats(runtime: Runtime, text: string, path: string | undefined): Promise<void> {
  const { datasets } = runtime.client();
  const { name, version } = placeOf(text);
  const output = runtime.output();
  if (path !== undefined) {
    const profile = await datasets.profile(name, path, version);
    output.result(profile, (look) => describeProfile(look, profile));
    return;
  }
  const { items: first, nextCursor: _, ...head } = await datasets.stats(name, version);
  const files: FileStats[] = [];
  // the version that `latest` was a moment ago
  if (first.length < head.files) for await (const file of datasets.fileStats(name, head.version)) files.push(file);
  else files.push(...first);
  output.result(
    { ...head, items: files },
    (look) => `${headOf({ ...head, items: files, nextCursor: null }, name)}\n\n${filesTable(look, files)}`,
  );
}

type PreviewOptions = {
  readonly limit: string;
  readonly offset: string;
  readonly sort?: string;
  readonly filter?: string;
  readonly search?: string;
};

function previewTable(look: Look, { columns, rows }: DatasetPreview): string {
  return table(
    look,
    [
      { name: 'ROW', cell: ({ row }) => String(row), isNumber: true },
      ...columns.map(({ name }, index) => ({
        name,
        title: name,
        cell: ({ cells }: DatasetPreview['rows'][number]) => cellText(cells[index]),
        ...(index === 0 ? {} : { rank: index }),
      })),
    ],
    rows,
  );
}

async function preview(
  runtime: Runtime,
  text: string,
  path: string | undefined,
  { limit, offset, ...query }: PreviewOptions,
): Promise<void> {
  const { name, version } = placeOf(text);
  const numbers = { limit: wholeNumber('limit', limit, mostPreviewRows), offset: positiveNumber('offset', offset) };
  const found = await runtime
    .client()
    .datasets.preview(name, { version, ...numbers, ...query, ...(path === undefined ? {} : { path }) });
  const { rows, total, nextOffset } = found;
  const output = runtime.output();
  output.result(found, (look) =>
    rows.length === 0
      ? `${found.path}: no rows.`
      : `${previewTable(look, found)}\n\n${found.path}: ${counted(total)} rows`,
  );
  if (nextOffset !== null)
    output.next([['More', `artenic dataset preview ${text} ${found.path} --offset ${nextOffset}`]]);
}

export function addDatasetProfiles(dataset: Command, runtime: Runtime): void {
  dataset
    .command('stats')
    .argument('<name[@version]>', 'For example reviews, reviews@3 or reviews@golden')
    .argument('[path]', 'A file: its columns with their statistics')
    .description('Show rows, columns and sizes of the files of a version')
    .action((name: string, path: string | undefined) => stats(runtime, name, path));
  dataset
    .command('preview')
    .argument('<name[@version]>', 'For example reviews, reviews@3 or reviews@golden')
    .argument('[path]', 'A table; the first one without it')
    .option('--limit <rows>', 'Rows, at most 200', '20')
    .option('--offset <row>', 'First row', '0')
    .option('--sort <column>', 'Order by a column; -column starts with the greatest value')
    .option('--filter <filter>', 'For example age:ge:30, name:contains:ann or age:null')
    .option('--search <text>', 'Rows with this text in any column')
    .description('Show rows of a table')
    .action((name: string, path: string | undefined, options: PreviewOptions) => preview(runtime, name, path, options));
}
