import type pg from 'pg';

type Line = { readonly line: string };

/** Tables without their partitions, which come and go with the weeks. */
const tables = `
  select pg_class.oid, relname, relkind from pg_class
  where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition and relname <> 'migrations'`;

async function lines(client: pg.Client, query: string, values: readonly unknown[] = []): Promise<readonly string[]> {
  const { rows } = await client.query<Line>(query, [...values]);
  return rows.map(({ line }) => line);
}

async function tableText(client: pg.Client, oid: string, name: string): Promise<string> {
  const columns = await lines(
    client,
    `select attname || ' ' || format_type(atttypid, atttypmod)
       || case when attcollation not in (0, (select typcollation from pg_type where pg_type.oid = atttypid))
            then ' collate ' || quote_ident((select collname from pg_collation where pg_collation.oid = attcollation)) else '' end
       || case when attnotnull then ' not null' else '' end
       || coalesce(' default ' || pg_get_expr(adbin, adrelid), '') as line
     from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
     where attrelid = $1 and attnum > 0 and not attisdropped order by attname`,
    [oid],
  );
  const constraints = await lines(
    client,
    `select 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) as line
     from pg_constraint where conrelid = $1 and contype <> 'n' order by conname`,
    [oid],
  );
  const indexes = await lines(
    client,
    `select pg_get_indexdef(indexrelid) || ';' as line from pg_index
     where indrelid = $1 and not exists (select from pg_constraint where conindid = indexrelid and conrelid = $1)
     order by indexrelid::regclass::text`,
    [oid],
  );
  const partitioned = await lines(
    client,
    `select ' partition by ' || pg_get_partkeydef(oid) as line from pg_class where oid = $1 and relkind = 'p'`,
    [oid],
  );
  const body = [...columns, ...constraints].map((line) => `  ${line}`).join(',\n');
  return [`create table ${name} (\n${body}\n)${partitioned.join('')};`, ...indexes].join('\n');
}

/** The schema of a database as text, independent of the order in which it was created. */
export async function schemaText(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ oid: string; relname: string }>(`${tables} order by relname`);
  const texts: string[] = [];
  for (const { oid, relname } of rows) texts.push(await tableText(client, oid, relname));
  return [
    '-- What the migrations make, by name. A migration shows as a change of this file:',
    '-- ARTENIC_TEST_WRITE_SCHEMA=1 npm test -- test/store/schema',
    '',
    texts.join('\n\n'),
    '',
  ].join('\n');
}
