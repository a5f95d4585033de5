-- Transfers the current database and everything in it to the role named in the setting `artenic.owner`; no other role may enter it.
-- Run by a superuser.
-- Indexes, column sequences, row types and the like follow their table.
do $$
declare
  new_owner text := current_setting('artenic.owner');
  statement text;
begin
  execute format('alter database %I owner to %I', current_database(), new_owner);
  execute format('revoke all on database %I from public', current_database());
  for statement in
    select format('alter schema %I owner to', nspname) from pg_catalog.pg_namespace
      where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')
    union all
    select format('alter %s %I.%I owner to',
        case relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view'
          when 'f' then 'foreign table' else 'table' end, nspname, relname)
      from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
      where nspname !~ '^pg_' and nspname <> 'information_schema' and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        and not exists (select from pg_catalog.pg_depend where classid = 'pg_catalog.pg_class'::regclass
          and objid = pg_class.oid and deptype in ('a', 'i', 'e') and relkind = 'S')
    union all
    select format('alter routine %s owner to', pg_proc.oid::regprocedure)
      from pg_catalog.pg_proc join pg_catalog.pg_namespace on pg_namespace.oid = pronamespace
      where nspname !~ '^pg_' and nspname <> 'information_schema'
        and not exists (select from pg_catalog.pg_depend where classid = 'pg_catalog.pg_proc'::regclass
          and objid = pg_proc.oid and deptype = 'e')
    union all
    select format('alter %s %I.%I owner to', case typtype when 'd' then 'domain' else 'type' end, nspname, typname)
      from pg_catalog.pg_type join pg_catalog.pg_namespace on pg_namespace.oid = typnamespace
      where nspname !~ '^pg_' and nspname <> 'information_schema'
        and (typtype in ('e', 'd', 'r')
          or typtype = 'c' and exists (select from pg_catalog.pg_class where oid = typrelid and relkind = 'c'))
  loop
    execute format('%s %I', statement, new_owner);
  end loop;
end
$$;
