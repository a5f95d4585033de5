import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { findTemporalCli } from '../../../scripts/temporal-cli.mjs';
import { closeOrm, migrate, openOrm } from '../../../store/orm.ts';
import {
  awaitPostgres,
  databaseUrl,
  startPostgres,
  type PostgresOptions,
} from '../../../workers/up/postgres/postgres.ts';
import { makeEnteredFolder } from '../../support/entered-folder.ts';
import { processesWith } from '../../support/processes.ts';
import { freePort } from '../../../workers/up/ports.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const password = 'chaos';

/** `plain`: real workflows; `fast-steps`: shorter step timeouts and retry pauses; `fast`: shorter timers as well. */
export type Pace = 'plain' | 'fast-steps' | 'fast';

/** Shared parts of all control planes of a run, made once. */
export type Groundwork = {
  readonly folder: string;
  readonly temporal: string;
  /** Workflow bundle for this pace. */
  readonly bundle: (pace: Pace) => Promise<string>;
  /** A new PostgreSQL data folder with all migrations applied. */
  readonly databaseFolder: string;
  readonly remove: () => void;
};

export function postgresOptions(home: string, port: number): PostgresOptions {
  return {
    folder: join(home, 'postgres'),
    port,
    logFile: join(home, 'postgres.log'),
    password,
    // Data in the operating system's cache survives kill -9, and these tests simulate no power loss.
    settings: ['fsync=off', 'full_page_writes=off', 'max_connections=100'],
  };
}

async function makeDatabase(folder: string): Promise<string> {
  const options = postgresOptions(folder, await freePort());
  const child = startPostgres(options);
  await awaitPostgres(options, 20_000, () => child.exitCode === null);
  const orm = await openOrm({ databaseUrl: databaseUrl(options, 'artenic') });
  await migrate(orm);
  await closeOrm(orm);
  const exited = once(child, 'exit');
  child.kill('SIGINT');
  await exited;
  return options.folder;
}

async function makeBundle(folder: string, name: string, workflowModules: readonly string[]): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, 'workflows', 'index.ts'),
    workflowInterceptorModules: [...workflowModules],
    logger: new DefaultLogger('WARN'),
  });
  const path = join(folder, name);
  writeFileSync(path, code);
  return path;
}

const [steps, waits] = ['./faster-steps.ts', './faster-waits.ts'].map((name) =>
  fileURLToPath(new URL(name, import.meta.url)),
) as [string, string];
const modulesOf: Readonly<Record<Pace, readonly string[]>> = {
  plain: [],
  'fast-steps': [steps],
  fast: [steps, waits],
};

export async function layGroundwork(): Promise<Groundwork> {
  const { path: temporal, problem } = findTemporalCli(root, (line) => process.stderr.write(`${line}\n`));
  if (temporal === null) throw new Error(problem);
  const folder = makeEnteredFolder('artenic-chaos-');
  // No started process outlives this process, whatever ends it.
  const endAll = (): void => {
    for (const pid of processesWith(folder)) process.kill(pid, 'SIGKILL');
  };
  process.once('exit', endAll);
  const bundles = new Map<Pace, Promise<string>>();
  const bundle = (pace: Pace): Promise<string> => {
    const made = bundles.get(pace) ?? makeBundle(folder, `${pace}.js`, modulesOf[pace]);
    bundles.set(pace, made);
    return made;
  };
  const databaseFolder = await makeDatabase(folder);
  return {
    ...{ folder, temporal, databaseFolder, bundle },
    remove: () => {
      endAll();
      process.off('exit', endAll);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

export function copyDatabase({ databaseFolder }: Groundwork, home: string): void {
  // Copied with its owner; PostgreSQL refuses a folder of another owner.
  const { status, stderr } = spawnSync('cp', ['-Rp', databaseFolder, join(home, 'postgres')], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the database could not be copied: ${stderr}`);
}
