import {
  formatMoney,
  type DoctorProblem,
  type DoctorProvider,
  type DoctorReport,
  type UnresolvedInstance,
} from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import type { Look, Tone } from '../output/look.ts';
import { paragraph, table } from '../output/table.ts';
import type { Runtime } from '../runtime.ts';

/** More than the round trip to the API can explain. */
const mostSkewMs = 5000;

const reasonWords: Readonly<Record<UnresolvedInstance['reason'], string>> = {
  'unknown-attempt': 'unknown attempt',
  'attempt-settled': 'orphaned: its attempt has ended',
  duplicate: 'duplicate instance of its attempt',
  abandoned: 'abandoned attempt',
  'not-ending': 'the provider does not terminate it',
};
const stateWords: Readonly<Record<DoctorProvider['state'], string>> = {
  usable: 'healthy',
  unusable: 'unavailable',
  'not-configured': 'not set up',
};
const stateTones: Readonly<Record<DoctorProvider['state'], Tone>> = {
  usable: 'ok',
  unusable: 'bad',
  'not-configured': 'muted',
};

function instanceTable(look: Look, instances: readonly UnresolvedInstance[]): string {
  return table(
    look,
    [
      { name: 'INSTANCE', cell: (one) => one.instanceId },
      { name: 'PROVIDER', cell: (one) => one.provider, rank: 2 },
      { name: 'REGION', cell: (one) => one.region, rank: 4 },
      { name: 'SINCE', cell: (one) => look.ago(one.since) },
      {
        name: 'PRICE',
        cell: ({ priceUsdMicrosPerHour: price }) => (price === null ? '' : `${formatMoney(price)}/h`),
        ...{ isNumber: true, isOptional: true, rank: 3 },
      },
      {
        name: 'COST',
        cell: ({ costUsdMicros }) => (costUsdMicros === null ? 'unknown' : formatMoney(costUsdMicros)),
        isNumber: true,
      },
      { name: 'TRIES', cell: (one) => String(one.tries), isNumber: true, rank: 1 },
      {
        name: 'REASON',
        cell: (one) => [reasonWords[one.reason], graceOf(look, one), one.lastError ?? ''].filter(Boolean).join('; '),
        tone: ({ isInGrace }) => (isInGrace ? 'warn' : 'bad'),
      },
    ],
    instances,
  );
}

function graceOf(look: Look, { isInGrace, graceEndsAt }: UnresolvedInstance): string {
  if (!isInGrace) return '';
  return graceEndsAt === null ? 'in its grace period' : `grace period ends ${look.ago(graceEndsAt)}`;
}

const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

function sweepWords(look: Look, { sweep }: DoctorProvider): string {
  if (sweep === null) return '–';
  const { findings, error, succeededAt } = sweep;
  if (error !== null) return `failed: ${error}`;
  if (findings === null) return look.ago(succeededAt);
  const { instances, attempts, strays } = findings;
  return `${look.ago(succeededAt)}: ${counted(instances, 'instance')}, ${counted(attempts, 'attempt')}, ${counted(strays, 'orphan')}`;
}

function providersTable(look: Look, providers: readonly DoctorProvider[]): string {
  return table(
    look,
    [
      { name: 'PROVIDER', cell: (one) => one.name },
      {
        name: 'STATUS',
        cell: (one) => (one.problem === null ? stateWords[one.state] : `${stateWords[one.state]}: ${one.problem}`),
        tone: (one) => stateTones[one.state],
      },
      { name: 'CHECKED', cell: (one) => look.ago(one.checkedAt), rank: 2 },
      { name: 'PRICES', cell: (one) => look.ago(one.pricedAt), rank: 4 },
      { name: 'LAST SWEEP', cell: (one) => sweepWords(look, one), rank: 3 },
      { name: 'ORPHANED', cell: (one) => String(one.unresolved), isNumber: true, rank: 1 },
      { name: 'MESSAGE', cell: (one) => one.message },
    ],
    providers,
  );
}

/** The message with the problem's age and the affected jobs, and the advice below. */
export function problemText(look: Look, problem: DoctorProblem): string {
  const { subject, message, advice, severity, since, jobsBlocked } = problem;
  const facts = [
    ...(since === null ? [] : [`since ${look.ago(since)}`]),
    ...(jobsBlocked === 0 ? [] : [`${counted(jobsBlocked, 'job')} affected`]),
  ];
  const head = `✗ ${subject}: ${message}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`;
  const tone = severity === 'critical' ? 'bad' : 'warn';
  return `${look.paint(tone, paragraph(look, head))}\n${paragraph(look, advice, 2)}`;
}

function workersText(look: Look, { workers }: DoctorReport): string {
  const alive = workers.filter(({ state }) => state === 'alive');
  if (alive.length > 0) return `Workers: ${alive.map(({ queues }) => queues.join('+')).join(', ')}.`;
  const last = workers[0];
  return last === undefined
    ? 'Workers: none has reported.'
    : `Workers: none; the last one reported ${look.ago(last.seenAt)}.`;
}

function reportText(look: Look, report: DoctorReport, complaints: DoctorReport['problems']): string {
  const problems = complaints.map((problem) => problemText(look, problem));
  const clocks = `Temporal: ${report.temporal}. Clock of the API ahead of PostgreSQL: ${report.clockSkewMs} ms.`;
  return [
    problems.length === 0 ? look.paint('ok', 'All checks passed.') : problems.join('\n'),
    ...(report.unresolved.length === 0 ? [] : [instanceTable(look, report.unresolved)]),
    ...(report.providers.length === 0 ? [] : [providersTable(look, report.providers)]),
    paragraph(look, `${workersText(look, report)} ${clocks}`),
  ].join('\n\n');
}

/** The clock difference is corrected by half of the round trip. */
async function askWithClock(
  runtime: Runtime,
): Promise<{ readonly report: DoctorReport; readonly localSkewMs: number }> {
  const { nowMs } = runtime.terminal;
  const beforeMs = nowMs();
  const report = await runtime.client().doctor();
  return { report, localSkewMs: Math.round((beforeMs + nowMs()) / 2 - Date.parse(report.now)) };
}

async function doctor(runtime: Runtime): Promise<void> {
  const { report, localSkewMs } = await askWithClock(runtime);
  const complaints = [...report.problems];
  if (Math.abs(localSkewMs) > mostSkewMs) {
    complaints.push({
      ...{ id: 'clock/cli', kind: 'clock', severity: 'warning', subject: 'clock', since: null, jobsBlocked: 0 },
      ...{ jobId: null, provider: null },
      message: `The clock of this machine is ${Math.abs(localSkewMs) / 1000} s ${localSkewMs > 0 ? 'ahead of' : 'behind'} the API's.`,
      advice: 'Synchronize both clocks by NTP.',
    });
  }
  const whole = { ...report, ok: complaints.length === 0, localSkewMs, problems: complaints };
  runtime.output().result(whole, (look) => reportText(look, report, complaints));
  if (complaints.length > 0) throw new CliError('negative', counted(complaints.length, 'problem'));
}

async function unresolved(runtime: Runtime): Promise<void> {
  const instances = await runtime.client().unresolvedInstances();
  runtime
    .output()
    .result(instances, (look) => (instances.length === 0 ? 'No orphaned instances.' : instanceTable(look, instances)));
  if (instances.some(({ isInGrace }) => !isInGrace)) {
    throw new CliError('negative', 'orphaned instances are being billed');
  }
}

export function addDoctor(program: Command, runtime: Runtime): void {
  program
    .command('doctor')
    .description(
      'Check providers, workers, instances and clocks, and say what to do; exit code 1 if there is a problem',
    )
    .action(() => doctor(runtime));
  program
    .command('instances')
    .description('List orphaned instances; exit code 1 if one is past its grace period')
    .option('--unresolved', 'Only orphaned instances (the default)')
    .action(() => unresolved(runtime));
}
