import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import type { Runtime } from '../runtime.ts';

async function showParts(runtime: Runtime): Promise<void> {
  const health = await runtime.client().health();
  runtime
    .output()
    .result(health, () =>
      [
        `ready: ${health.ready ? 'yes' : 'no'}`,
        ...Object.entries(health.checks).map(
          ([part, { state, tookMs, reason }]) =>
            `${part}: ${state} in ${tookMs} ms${reason === null ? '' : ` (${reason})`}`,
        ),
        ...health.providers.map(
          ({ name, usable, message }) => `provider ${name}: ${usable ? 'usable' : `not usable (${message})`}`,
        ),
        `version: ${health.version}`,
      ].join('\n'),
    );
  if (!health.ready) throw new CliError('negative', 'the platform is not ready');
}

export function addHealth(program: Command, runtime: Runtime): void {
  const health = program
    .command('health')
    .description('whether the platform can answer; alone it is `health detailed`')
    .action(() => showParts(runtime));
  health
    .command('check')
    .description('whether the API lives')
    .action(async () => {
      const alive = await runtime.client().alive();
      runtime.output().result(alive, () => `status: ${alive.status}`);
    });
  health
    .command('ready')
    .description('whether requests can be answered; exit code 1 for "no"')
    .action(async () => {
      const answer = await runtime.client().ready();
      runtime.output().result(answer, () => `ready: ${answer.ready ? 'yes' : 'no'}`);
      if (!answer.ready) throw new CliError('negative', 'the platform is not ready');
    });
  health
    .command('detailed')
    .description('each part, and how long it took to answer')
    .action(() => showParts(runtime));
}
