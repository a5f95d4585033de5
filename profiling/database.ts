import { DuckDBInstance, type DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';

export const nameSql = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const textSql = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export type Opened = { readonly connection: DuckDBConnection; readonly close: () => void };

/**
 * DuckDB in memory that reads the given files and no others: no network, no extensions, and none of this can be changed
 * by a later statement. Too large states spill into `spillFolder`.
 */
export async function openLocked(parts: {
  readonly files: readonly string[];
  readonly spillFolder: string;
  readonly memoryMb: number;
  readonly threads: number;
}): Promise<Opened> {
  const { files, spillFolder, memoryMb, threads } = parts;
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${memoryMb}MB`,
    threads: String(threads),
    temp_directory: spillFolder,
    max_temp_directory_size: '4GB',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  await connection.run(`SET allowed_paths = [${files.map(textSql).join(', ')}]`);
  await connection.run(`SET TimeZone = 'UTC'`);
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
  return {
    connection,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

export async function rowsOf(
  { connection }: Pick<Opened, 'connection'>,
  sql: string,
  values: DuckDBValue[] = [],
): Promise<readonly (readonly DuckDBValue[])[]> {
  const reader = await connection.runAndReadAll(sql, values);
  return reader.getRows();
}
