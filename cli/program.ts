import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { z } from 'zod';
import { exitCodes } from './cli-error.ts';
import { addAudit } from './commands/audit.ts';
import { addCollector } from './commands/collector.ts';
import { addCompletion } from './completion.ts';
import { addConfig } from './commands/config.ts';
import { addDashboard } from './commands/dashboard.ts';
import { addDatasets } from './commands/datasets/datasets.ts';
import { addDoctor } from './commands/doctor.ts';
import { addHealth } from './commands/health.ts';
import { addJobs } from './commands/jobs/jobs.ts';
import { addFeatures } from './commands/lineage/features.ts';
import { addLineage } from './commands/lineage/lineage.ts';
import { addRuns } from './commands/lineage/runs.ts';
import { addModels } from './commands/models.ts';
import { createLook, type Look } from './output/look.ts';
import { createOutput, type Output } from './output/output.ts';
import { addPredictions } from './commands/predictions.ts';
import { isOpenToOthers, profilePath } from './settings/profiles.ts';
import { addOffers } from './commands/offers.ts';
import { addProviders } from './commands/providers.ts';
import type { Runtime } from './runtime.ts';
import { clientFrom, readSettings, type GlobalOptions, type Settings } from './settings/settings.ts';
import { processTerminal, type Terminal } from './terminal.ts';

const programOf = (name: 'up' | 'down') => fileURLToPath(new URL(`../workers/${name}.ts`, import.meta.url));

const packageSchema = z.object({ version: z.string() });
function versionOf(): string {
  return packageSchema.parse(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))).version;
}

/** Runs a program of the embedded stack in the foreground; the terminal delivers Ctrl-C to it. */
function run(name: 'up' | 'down', args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', programOf(name), ...args], {
    stdio: 'inherit',
  });
  // The supervisor decides when to exit. A signal sent only to this process is passed on.
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.removeAllListeners(name);
    process.on(name, () => child.kill(name));
  }
  return new Promise((done) => {
    child.once('exit', (code) => {
      process.exitCode = code ?? exitCodes.negative;
      done();
    });
  });
}

/** Commands that start and stop the stack on this machine. */
function addStack(program: Command): void {
  program
    .command('up')
    .allowUnknownOption()
    .argument('[options...]', 'Passed on, for example --no-demo')
    .description('Start PostgreSQL, Temporal, worker and API on this machine')
    .action((args: string[]) => run('up', args));
  program
    .command('down')
    .description('Stop the stack that `up` or `npm start` runs on this machine')
    .option('--purge', 'Also remove its state: database, objects, models, keys')
    .action(({ purge = false }: { purge?: boolean }) => run('down', purge ? ['--purge'] : []));
}

const exitCodeHelp = `
Exit codes:
  0    done
  1    the job failed, the answer is no, or there is nothing to show
  2    wrong usage or a wrong job file; nothing was sent
  3    the API cannot be reached
  4    the API refused the request
  130  interrupted`;

/** Creates all commands; nothing runs until the program parses. */
export function createProgram(signal: AbortSignal, terminal: Terminal = processTerminal()): Command {
  const program = new Command('artenic')
    .description('Trains, serves and watches models')
    .version(versionOf(), '--version', 'Print the version of this command')
    .option('--url <url>', 'URL of the API (default: ARTENIC_URL, the profile, the stack on this machine)')
    .option('--api-key <key>', 'API key (default: ARTENIC_API_KEY, the profile, the stack on this machine)')
    .option('--profile <name>', 'Profile to use (default: ARTENIC_PROFILE, then `config use-profile`)')
    .option('--timeout <seconds>', 'Maximum time of one request (default: ARTENIC_TIMEOUT, the profile, 30)')
    .option('--json', 'Print only JSON on standard output')
    .option('--wide', 'Print whole ids and all columns, however wide the terminal is')
    .option('--no-color', 'Print without colours, as with NO_COLOR; FORCE_COLOR also colours a pipe')
    .showSuggestionAfterError()
    .showHelpAfterError('See --help.')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .addHelpText('after', exitCodeHelp)
    .exitOverride();
  const options = (): GlobalOptions => program.opts<GlobalOptions>();
  let settings: Settings | null = null;
  const readOnce = (): Settings => (settings ??= readSettings(options()));
  let output: Output | null = null;
  const look = (): Look => createLook(terminal, options());
  const runtime: Runtime = {
    settings: readOnce,
    client: () => {
      if (isOpenToOthers()) terminal.err(`artenic: others can read ${profilePath()}: chmod 600 it\n`);
      return clientFrom(readOnce());
    },
    output: () => (output ??= createOutput(readOnce().json.value, terminal, look)),
    look,
    terminal,
    profileName: () => options().profile ?? (terminal.env['ARTENIC_PROFILE'] || undefined),
    signal,
  };
  addStack(program);
  addHealth(program, runtime);
  addJobs(program, runtime);
  addModels(program, runtime);
  addDatasets(program, runtime);
  addRuns(program, runtime);
  addFeatures(program, runtime);
  addLineage(program, runtime);
  addPredictions(program, runtime);
  addProviders(program, runtime);
  addOffers(program, runtime);
  addDoctor(program, runtime);
  addAudit(program, runtime);
  addCollector(program, runtime);
  addDashboard(program, runtime);
  addConfig(program, runtime);
  addCompletion(program, runtime);
  return program;
}
