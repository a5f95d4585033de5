import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { columnsOf, type Column } from './columns.ts';
import { nameSql, openLocked, rowsOf, textSql, type Opened } from './database.ts';
import { failureOf, isUndivided, isWrongType, unreadable } from './failures.ts';
import { headOf, isUtf16 } from './head.ts';
import type { ProfileAnswer, ProfileRequest } from './messages.ts';
import { parquetSql, sourceSql, strictCsvSql, type PlainSource, type Sampling } from './source.ts';
import { describeColumns } from './statistics.ts';
import { unpacked } from './unpack.ts';
import { countOf } from './values.ts';

const threads = 2;
/** A group of rows is read whole for each page of it. */
const cellsOfGroup = 1_000_000;
const rowsOfGroup = { least: 2048, most: 50_000 };
/** A Parquet file with larger groups is copied, too. */
const mostGroupRows = 4 * rowsOfGroup.most;

async function isQuickToPage(opened: Opened, { path }: PlainSource): Promise<boolean> {
  const [[most] = []] = await rowsOf(opened, `SELECT max(row_group_num_rows) FROM parquet_metadata(${textSql(path)})`);
  return countOf(most) <= mostGroupRows;
}

/** Types that Parquet does not have are stored in one that holds every value. */
function storedSql({ name, type }: Column): string {
  const quoted = nameSql(name);
  return type === 'HUGEINT' || type === 'UHUGEINT' ? `${quoted}::VARCHAR AS ${quoted}` : quoted;
}

async function copy(opened: Opened, relation: string, columns: readonly Column[], target: string): Promise<void> {
  const { least, most } = rowsOfGroup;
  const groupRows = Math.max(least, Math.min(most, Math.floor(cellsOfGroup / columns.length)));
  await opened.connection.run(
    `COPY (SELECT ${columns.map(storedSql).join(', ')} FROM ${relation}) TO ${textSql(target)}
     (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${groupRows}, USE_TMP_FILE false)`,
  );
}

/** Names of the columns, as soon as they are known. */
type Seen = { columns: readonly Column[] };
type Reading = { readonly source: PlainSource; readonly head: Buffer; readonly sampling: Sampling };

async function profileWith(
  { folder, memoryMb }: ProfileRequest,
  { source, head, sampling }: Reading,
  seen: Seen,
): Promise<ProfileAnswer> {
  const target = join(folder, `copy-${sampling}.parquet`);
  const spillFolder = join(folder, 'spill');
  const opened = await openLocked({ files: [source.path, target], spillFolder, memoryMb, threads });
  try {
    const relation = sourceSql(source, head, sampling);
    try {
      seen.columns = await columnsOf(opened, relation);
    } catch (error) {
      if (isUndivided(error)) await rowsOf(opened, `SELECT count(*) FROM ${strictCsvSql(source, head)}`);
      throw error;
    }
    if (source.format === 'parquet' && (await isQuickToPage(opened, source))) {
      const { rows, columns } = await describeColumns(opened, relation, seen.columns);
      return { kind: 'done', profile: { kind: 'table', rows, columns: [...columns] }, copy: null };
    }
    await copy(opened, relation, seen.columns, target);
    const stored = parquetSql(target);
    const { rows, columns } = await describeColumns(opened, stored, await columnsOf(opened, stored));
    return { kind: 'done', profile: { kind: 'table', rows, columns: [...columns] }, copy: target };
  } finally {
    opened.close();
  }
}

async function profilePlain(request: ProfileRequest, source: PlainSource, seen: Seen): Promise<ProfileAnswer> {
  const head = await headOf(source.path);
  if (source.format !== 'parquet') {
    if (head.length === 0) return { kind: 'done', profile: { kind: 'table', rows: 0, columns: [] }, copy: null };
    if (!isUtf16(head) && head.includes(0)) throw unreadable('The file holds bytes that no text has.');
  }
  try {
    return await profileWith(request, { source, head, sampling: 'part' }, seen);
  } catch (error) {
    if (source.format === 'parquet' || !isWrongType(error)) throw error;
    return await profileWith(request, { source, head, sampling: 'whole' }, seen);
  }
}

/** The profile of a file, or why there is none. */
export async function profileTable(request: ProfileRequest): Promise<ProfileAnswer> {
  const seen: Seen = { columns: [] };
  let { path } = request.source;
  await mkdir(request.folder, { recursive: true, mode: 0o700 });
  try {
    const source = await unpacked(request.source, request.folder);
    ({ path } = source);
    return await profilePlain(request, source, seen);
  } catch (error) {
    // A fault of the program is none of the file.
    if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) throw error;
    const names = seen.columns.map(({ name }) => name);
    return { kind: 'failed', failure: failureOf(error, path, names) };
  }
}
