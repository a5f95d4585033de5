import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Runtime } from '@temporalio/worker';
import pg from 'pg';
import { findTemporalCli } from '../../scripts/temporal-cli.mjs';
import { awaitPostgres, databaseUrl, ownDatabase, startPostgres } from '../../workers/up/postgres/postgres.ts';
import { freePort } from '../../workers/up/ports.ts';
import { startTemporalServer } from '../../workers/up/temporal-server.ts';
import { openOrm, migrate } from '../../store/orm.ts';
import { searchAttributes } from '../../workflows/contracts/index.ts';
import { makeEnteredFolder } from '../support/entered-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const namespaces = Array.from({ length: 64 }, (_, index) => `test-${index}`);

type Stack = {
  readonly folder: string;
  readonly children: readonly ChildProcess[];
  /** Each one leads a process group. */
  readonly installers: readonly ChildProcess[];
};
declare global {
  var artenicTestStack: Stack | undefined;
}

/** A single server for all files, without durability; each file clones the migrated template. */
async function startDatabase(folder: string): Promise<ChildProcess> {
  const options = {
    folder: join(folder, 'postgres'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    password: 'test',
    mayCreateDatabases: true,
    settings: ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=400'],
  };
  const child = startPostgres(options);
  await awaitPostgres(options, 60_000, () => child.exitCode === null);
  const client = new pg.Client({ connectionString: databaseUrl(options, ownDatabase) });
  await client.connect();
  await client.query('create database artenic_template');
  const orm = await openOrm({ databaseUrl: databaseUrl(options, 'artenic_template') });
  await migrate(orm);
  await orm.close(true);
  await client.query('alter database artenic_template with is_template true allow_connections false');
  await client.end();
  process.env['ARTENIC_TEST_DATABASE_URL'] = databaseUrl(options, ownDatabase);
  return child;
}

async function startTemporal(folder: string): Promise<ChildProcess> {
  const { path: program, problem } = findTemporalCli(root, (line) => process.stderr.write(`${line}\n`));
  if (program === null) throw new Error(problem);
  const port = await freePort();
  const child = startTemporalServer({
    program,
    port,
    http: null,
    databaseFile: join(folder, 'temporal', 'temporal.sqlite'),
    logFile: join(folder, 'temporal.log'),
    namespaces,
    extraFlags: [
      // Set for every namespace at the start; a worker's registration of each attribute would take seconds.
      ...Object.values(searchAttributes).flatMap((key) => [
        '--search-attribute',
        `${key.name}=${key.type === 'INT' ? 'Int' : 'Keyword'}`,
      ]),
      ...['--dynamic-config-value', 'matching.numTaskqueueReadPartitions=1'],
      ...['--dynamic-config-value', 'matching.numTaskqueueWritePartitions=1'],
    ],
  });
  const address = `127.0.0.1:${port}`;
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 1000 });
      await connection.close();
      break;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) throw error;
    }
  }
  process.env['ARTENIC_TEST_TEMPORAL_ADDRESS'] = address;
  return child;
}

/** Bundled once, because all workers of all files run the same code. */
async function bundleWorkflows(folder: string): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const workflowsPath = join(root, 'workflows', 'index.ts');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  const path = join(folder, 'workflows.js');
  writeFileSync(path, code);
  process.env['ARTENIC_TEST_WORKFLOW_BUNDLE'] = path;
}

/** For a run of all files: third-party tools are installed while files run that do not use them. */
function installTools(): readonly ChildProcess[] {
  return ['go', 'python'].map((kind) =>
    spawn(process.execPath, [join(root, 'scripts', 'tools-ahead.mjs'), kind], { detached: true, stdio: 'ignore' }),
  );
}

export default async function globalSetup({ nonFlagArgs }: { readonly nonFlagArgs: readonly string[] }): Promise<void> {
  process.stdout.write(`\nThis run's part of the full count: ARTENIC_TEST_SEED=${process.env['ARTENIC_TEST_SEED']}\n`);
  const isWhole = nonFlagArgs.length === 0 || process.env['ARTENIC_TEST_EVENTS'] !== undefined;
  const installers = isWhole ? installTools() : [];
  const folder = makeEnteredFolder('artenic-test-');
  mkdirSync(join(folder, 'namespaces'));
  process.env['ARTENIC_TEST_FOLDER'] = folder;
  const started = await Promise.allSettled([startDatabase(folder), startTemporal(folder), bundleWorkflows(folder)]);
  const children = started.flatMap((one) => (one.status === 'fulfilled' && one.value !== undefined ? [one.value] : []));
  globalThis.artenicTestStack = { folder, children, installers };
  const failed = started.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    throw failed.reason;
  }
}
