import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { ago } from '../output/output.ts';
import { problemText } from './doctor.ts';
import type { Runtime } from '../runtime.ts';

function workerText({ state, lastSeenAt }: { readonly state: string; readonly lastSeenAt: string | null }): string {
  const seen = lastSeenAt === null ? 'none has reported' : `last seen ${ago(lastSeenAt)}`;
  return `worker: ${state === 'ok' ? 'ok' : `gone (${seen})`}`;
}

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
        ...(health.worker === null ? [] : [workerText(health.worker)]),
        `version: ${health.version}`,
        ...(health.problems.length === 0 ? [] : ['', 'Needs attention:', ...health.problems.map(problemText)]),
      ].join('\n'),
    );
  if (!health.ready) throw new CliError('negative', 'the platform is not ready');
}

export function addHealth(program: Command, runtime: Runtime): void {
  const health = program
    .command('health')
    .description('Check that the platform is ready (same as `health detailed`)')
    .action(() => showParts(runtime));
  health
    .command('check')
    .description('Check that the API is alive')
    .action(async () => {
      const alive = await runtime.client().alive();
      runtime.output().result(alive, () => `status: ${alive.status}`);
    });
  health
    .command('ready')
    .description('Check that requests can be answered (exit code 1 if not)')
    .action(async () => {
      const answer = await runtime.client().ready();
      runtime.output().result(answer, () => `ready: ${answer.ready ? 'yes' : 'no'}`);
      if (!answer.ready) throw new CliError('negative', 'the platform is not ready');
    });
  health
    .command('detailed')
    .description('Show each part, how long it took to answer, and what needs attention')
    .action(() => showParts(runtime));
}
