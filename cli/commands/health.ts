import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import type { Look, Tone } from '../output/look.ts';
import { table } from '../output/table.ts';
import { problemText } from './doctor.ts';
import type { Runtime } from '../runtime.ts';

type Health = Awaited<ReturnType<ReturnType<Runtime['client']>['health']>>;
type Part = readonly [name: string, state: string, took: string, message: string, tone: Tone];

function workerPart(look: Look, worker: NonNullable<Health['worker']>): Part {
  const { state, lastSeenAt } = worker;
  if (state === 'ok') return ['worker', 'ok', '', '', 'ok'];
  return [
    'worker',
    'gone',
    '',
    lastSeenAt === null ? 'none has reported' : `last report ${look.ago(lastSeenAt)}`,
    'bad',
  ];
}

function partsOf(look: Look, { checks, providers, worker }: Health): readonly Part[] {
  return [
    ...Object.entries(checks).map(([name, { state, tookMs, reason }]): Part => [
      name,
      state,
      `${tookMs} ms`,
      reason ?? '',
      state === 'ok' ? 'ok' : 'bad',
    ]),
    ...providers.map(({ name, usable, message }): Part => [
      `provider ${name}`,
      usable ? 'healthy' : 'unavailable',
      '',
      usable ? '' : message,
      usable ? 'ok' : 'bad',
    ]),
    ...(worker === null ? [] : [workerPart(look, worker)]),
  ];
}

function healthText(look: Look, health: Health): string {
  const head = `${look.paint(health.ready ? 'ok' : 'bad', health.ready ? 'Ready' : 'Not ready')}, version ${health.version}`;
  const parts = table<Part>(
    look,
    [
      { name: 'PART', cell: ([name]) => name },
      { name: 'STATUS', cell: ([, state]) => state, tone: (part) => part[4] },
      { name: 'TOOK', cell: ([, , took]) => took, isNumber: true },
      { name: 'MESSAGE', cell: (part) => part[3], isOptional: true },
    ],
    partsOf(look, health),
  );
  const problems = health.problems.map((problem) => problemText(look, problem));
  const attention = problems.length === 0 ? [] : [look.paint('bad', 'Needs attention:'), problems.join('\n')];
  return [head, parts, ...attention].join('\n\n');
}

async function showParts(runtime: Runtime): Promise<void> {
  const health = await runtime.client().health();
  runtime.output().result(health, (look) => healthText(look, health));
  if (!health.ready) throw new CliError('negative', 'the platform is not ready');
}

export function addHealth(program: Command, runtime: Runtime): void {
  const health = program
    .command('health')
    .description('Check that the platform is ready; alone it is `health detailed`')
    .action(() => showParts(runtime));
  health
    .command('check')
    .description('Check that the API runs')
    .action(async () => {
      const alive = await runtime.client().alive();
      runtime.output().result(alive, () => `Status: ${alive.status}`);
    });
  health
    .command('ready')
    .description('Check that requests can be answered; exit code 1 if not')
    .action(async () => {
      const answer = await runtime.client().ready();
      runtime.output().result(answer, () => (answer.ready ? 'Ready' : 'Not ready'));
      if (!answer.ready) throw new CliError('negative', 'the platform is not ready');
    });
  health
    .command('detailed')
    .description('Show each part, its response time, and what needs attention')
    .action(() => showParts(runtime));
}
