import { readFileSync } from 'node:fs';
import type pg from 'pg';

/** The role that API and workers log in with. It owns its database and nothing else. */
export const plainRole = 'artenic';

const ownDatabase = new URL('../../../scripts/own-database.sql', import.meta.url);

/** The oid of the superuser that `initdb` makes. */
const bootstrapOid = 10;

/**
 * Takes superuser rights from the login, if it has them: `initdb` creates a superuser, and earlier versions used it as
 * the login. The superuser becomes the role `postgres`, which has no password and so cannot log in; a plain role takes
 * over name, password and database. All of this is one transaction: an interrupted change is made at the next start.
 * The catalog is changed directly because PostgreSQL lets no session rename its own role, and this is the only session.
 */
export async function becomePlainRole(
  client: pg.Client,
  { password, mayCreateDatabases }: { readonly password: string; readonly mayCreateDatabases: boolean },
): Promise<void> {
  const { rowCount } = await client.query(
    'select from pg_roles where oid = $1 and rolname = current_user and rolsuper',
    [bootstrapOid],
  );
  if (rowCount === 0) return;
  await client.query('begin');
  await client.query("update pg_authid set rolname = 'postgres', rolpassword = null where oid = $1", [bootstrapOid]);
  await client.query(
    `create role ${plainRole} login ${mayCreateDatabases ? 'createdb' : ''} password ${client.escapeLiteral(password)}`,
  );
  await client.query("select set_config('artenic.owner', $1, true)", [plainRole]);
  await client.query(readFileSync(ownDatabase, 'utf8'));
  await client.query('revoke all on database postgres, template1 from public');
  await client.query('commit');
}
