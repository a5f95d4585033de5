import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { CliError, exitCodes } from './cli-error.ts';
import { addAudit } from './commands/audit.ts';
import { addCollector } from './output/collector.ts';
import { addCompletion } from './completion.ts';
import { addConfig } from './commands/config.ts';
import { addDashboard } from './commands/dashboard.ts';
import { addDoctor } from './commands/doctor.ts';
import { addModels } from './commands/models.ts';
import { createOutput, type Output } from './output/output.ts';
import { addPredictions } from './commands/predictions.ts';
import { isOpenToOthers, profilePath } from './settings/profiles.ts';
import { addOffers } from './commands/offers.ts';
import { addProviders } from './commands/providers.ts';
import type { Runtime } from './runtime.ts';
import { clientFrom, readSettings, type GlobalOptions, type Settings } from './settings/settings.ts';
import { addTraining } from './commands/training.ts';

const programOf = (name: 'up' | 'down') => fileURLToPath(new URL(`../workers/${name}.ts`, import.meta.url));

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

/** Creates all commands; nothing runs until the program parses. */
export function createProgram(signal: AbortSignal): Command {
  const program = new Command('artenic')
    .description('trains, serves and watches models')
    .option('--url <url>', 'the API (else ARTENIC_URL, the profile, the stack on this machine)')
    .option('--api-key <key>', 'the key (else ARTENIC_API_KEY, the profile, the stack on this machine)')
    .option('--profile <name>', 'settings by this name (else ARTENIC_PROFILE, then `config use-profile`)')
    .option('--timeout <seconds>', 'longest time for one request (else ARTENIC_TIMEOUT, the profile, 30)')
    .option('--json', 'only JSON on standard output')
    .showSuggestionAfterError()
    .showHelpAfterError('See --help.')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      '\nExit codes: 0 ok, 1 a job failed or the answer is no, 2 usage, 3 the API cannot be reached, 4 it refused, 130 interrupted',
    )
    .exitOverride();
  const options = (): GlobalOptions => program.opts<GlobalOptions>();
  let settings: Settings | null = null;
  const readOnce = (): Settings => (settings ??= readSettings(options()));
  let output: Output | null = null;
  const runtime: Runtime = {
    settings: readOnce,
    client: () => {
      if (isOpenToOthers()) process.stderr.write(`artenic: others can read ${profilePath()}: chmod 600 it\n`);
      return clientFrom(readOnce());
    },
    output: () => (output ??= createOutput(readOnce().json.value)),
    profileName: () => options().profile ?? (process.env['ARTENIC_PROFILE'] || undefined),
    signal,
  };
  program
    .command('up')
    .allowUnknownOption()
    .argument('[options...]', 'passed on, for example --no-demo')
    .description('start PostgreSQL, Temporal, worker and API on this machine')
    .action((args: string[]) => run('up', args));
  program
    .command('down')
    .description('stop the stack that `up` or `npm start` runs on this machine')
    .option('--purge', 'remove its state, too: database, objects, models, keys')
    .action(({ purge = false }: { purge?: boolean }) => run('down', purge ? ['--purge'] : []));
  program
    .command('health')
    .description('whether the platform can answer')
    .action(async () => {
      const health = await runtime.client().health();
      runtime
        .output()
        .result(health, () =>
          [
            `ready: ${health.ready ? 'yes' : 'no'}`,
            ...Object.entries(health.checks).map(([part, state]) => `${part}: ${state}`),
          ].join('\n'),
        );
      if (!health.ready) throw new CliError('negative', 'the platform is not ready');
    });
  addTraining(program, runtime);
  addModels(program, runtime);
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
