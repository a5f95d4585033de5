import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { columnsOf, type Column } from './columns.ts';
import { nameSql, openLocked, rowsOf, textSql, type Opened } from './database.ts';
import { failureOf, isWrongType, unreadable } from './failures.ts';
import { headOf } from './head.ts';
import type { ProfileAnswer, ProfileRequest, TableSource } from './messages.ts';
import { sourceSql, type Sampling } from './source.ts';
import { describeColumns } from './statistics.ts';
import { countOf } from './values.ts';

const threads = 2;
const mostUnpackedBytes = 4 * 1024 ** 3;
/** A group of rows is read whole for each page of it. */
const cellsOfGroup = 1_000_000;
const rowsOfGroup = { least: 2048, most: 50_000 };
/** A Parquet file with larger groups is copied, too. */
const mostGroupRows = 4 * rowsOfGroup.most;

/** DuckDB unpacks text by itself, and no Parquet file. */
async function unpacked(source: TableSource, folder: string): Promise<TableSource> {
  if (source.format !== 'parquet' || !source.isPacked) return source;
  const path = join(folder, 'unpacked.parquet');
  let bytes = 0;
  await pipeline(
    createReadStream(source.path),
    createGunzip(),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > mostUnpackedBytes)
          throw unreadable(`The file unpacks to more than ${mostUnpackedBytes} bytes.`, { reason: 'too-large' });
        yield chunk;
      }
    },
    createWriteStream(path, { mode: 0o600 }),
  );
  return { path, format: 'parquet', isPacked: false };
}

async function isQuickToPage(opened: Opened, { path }: TableSource): Promise<boolean> {
  const [[most] = []] = await rowsOf(
    opened,
    `SELECT max(row_group_num_rows) FROM parquet_metadata(${textSql(path)})`,
  );
  return countOf(most) <= mostGroupRows;
}

/** Types that Parquet does not have are stored in one that holds every value. */
function storedSql({ name, type }: Column): string {
  const quoted = nameSql(name);
  if (type === 'HUGEINT' || type === 'UHUGEINT') return `${quoted}::VARCHAR AS ${quoted}`;
  return quoted;
}

async function copy(opened: Opened, relation: string, columns: readonly Column[], target: string): Promise<void> {
  const { least, most } = rowsOfGroup;
  const groupRows = Math.max(least, Math.min(most, Math.floor(cellsOfGroup / columns.length)));
  await opened.connection.run(
    `COPY (SELECT ${columns.map(storedSql).join(', ')} FROM ${relation}) TO ${textSql(target)}
     (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${groupRows}, USE_TMP_FILE false)`,
  );
}

type Steps = { columns: readonly Column[] };

async function profileWith(
  { folder, memoryMb }: ProfileRequest,
  source: TableSource,
  [head, sampling]: readonly [Buffer, Sampling],
  steps: Steps,
): Promise<ProfileAnswer> {
  const target = join(folder, `copy-${sampling}.parquet`);
  const spillFolder = join(folder, 'spill');
  const opened = await openLocked({ files: [source.path, target], spillFolder, memoryMb, threads });
  try {
    const relation = sourceSql(source, head, sampling);
    steps.columns = await columnsOf(opened, relation);
    if (source.format === 'parquet' && (await isQuickToPage(opened, source))) {
      const { rows, columns } = await describeColumns(opened, relation, steps.columns);
      return { kind: 'done', profile: { kind: 'table', rows, columns: [...columns] }, copy: null };
    }
    await copy(opened, relation, steps.columns, target);
    const stored = `read_parquet(${textSql(target)})`;
    const { rows, columns } = await describeColumns(opened, stored, await columnsOf(opened, stored));
    return { kind: 'done', profile: { kind: 'table', rows, columns: [...columns] }, copy: target };
  } finally {
    opened.close();
  }
}

/** The profile of a file, or why there is none. */
export async function profileTable(request: ProfileRequest): Promise<ProfileAnswer> {
  const steps: Steps = { columns: [] };
  await mkdir(request.folder, { recursive: true, mode: 0o700 });
  try {
    const source = await unpacked(request.source, request.folder);
    const head = await headOf(source);
    if (head.length === 0 || (await stat(source.path)).size === 0)
      return source.format === 'parquet'
        ? { kind: 'failed', failure: unreadable('The file is empty, and so not a Parquet file.').failure }
        : { kind: 'done', profile: { kind: 'table', rows: 0, columns: [] }, copy: null };
    try {
      return await profileWith(request, source, [head, 'part'], steps);
    } catch (error) {
      if (source.format === 'parquet' || !isWrongType(error)) throw error;
      return await profileWith(request, source, [head, 'whole'], steps);
    }
  } catch (error) {
    const names = steps.columns.map(({ name }) => name);
    return { kind: 'failed', failure: failureOf(error, request.source.path, names) };
  }
}
