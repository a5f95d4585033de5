import type { DoctorProblem, DoctorProvider, DoctorReport, UnresolvedInstance } from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { ago, table, usd } from '../output/output.ts';
import type { Runtime } from '../runtime.ts';

/** More than the round trip to the API can explain. */
const mostSkewMs = 5000;

const reasonWords: Readonly<Record<UnresolvedInstance['reason'], string>> = {
  'unknown-attempt': 'unknown attempt',
  'attempt-settled': 'its attempt has ended',
  duplicate: 'duplicate instance',
  abandoned: 'abandoned attempt',
  'not-ending': 'the provider does not end it',
};
const stateWords: Readonly<Record<DoctorProvider['state'], string>> = {
  usable: 'yes',
  unusable: 'no',
  'not-configured': 'not configured',
};

function cost(micros: number | null): string {
  return micros === null ? 'unknown' : usd(micros);
}

function unresolvedTable(instances: readonly UnresolvedInstance[]): string {
  return table(
    ['INSTANCE', 'PROVIDER', 'REGION', 'SINCE', 'COST SO FAR', 'TRIES', 'WHY', 'LAST ERROR'],
    instances.map((one) => [
      one.instanceId,
      one.provider,
      one.region,
      ago(one.since),
      cost(one.costUsdMicros),
      String(one.tries),
      `${reasonWords[one.reason]}${one.isInGrace && one.graceEndsAt !== null ? `, grace period until ${one.graceEndsAt}` : ''}`,
      one.lastError ?? '',
    ]),
  );
}

function sweepWords({ sweep }: DoctorProvider): string {
  if (sweep === null) return '';
  const { findings, error, succeededAt } = sweep;
  if (error !== null) return `failed: ${error}`;
  const did =
    findings === null
      ? ''
      : `: ${findings.instances} instances, ${findings.attempts} attempts, ${findings.strays} strays`;
  return `${ago(succeededAt)}${did}`;
}

function providersTable(providers: readonly DoctorProvider[]): string {
  return table(
    ['PROVIDER', 'USABLE', 'CHECKED', 'PRICES', 'LAST SWEEP', 'UNRESOLVED', 'MESSAGE'],
    providers.map((one) => [
      one.name,
      one.problem === null ? stateWords[one.state] : `${stateWords[one.state]}: ${one.problem}`,
      ago(one.checkedAt),
      ago(one.pricedAt),
      sweepWords(one),
      String(one.unresolved),
      one.message,
    ]),
  );
}

/** The message with the age of the fault and the jobs that it holds up, and the advice below. */
export function problemText({ subject, message, advice, since, jobsBlocked }: DoctorProblem): string {
  const facts = [
    ...(since === null ? [] : [`since ${ago(since)}`]),
    ...(jobsBlocked === 0 ? [] : [`${jobsBlocked} ${jobsBlocked === 1 ? 'job' : 'jobs'} affected`]),
  ];
  return `! ${subject}: ${message}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}\n  ${advice}`;
}

function workersText({ workers }: DoctorReport): string {
  const alive = workers.filter(({ state }) => state === 'alive');
  if (alive.length > 0) return `Workers: ${alive.map(({ queues }) => queues.join('+')).join(', ')}.`;
  const last = workers[0];
  return last === undefined
    ? 'Workers: none has reported.'
    : `Workers: none; the last one was seen ${ago(last.seenAt)}.`;
}

function reportText(report: DoctorReport, complaints: DoctorReport['problems']): string {
  const problems = complaints.map(problemText);
  return [
    providersTable(report.providers),
    ...(report.unresolved.length === 0 ? [] : [unresolvedTable(report.unresolved)]),
    `${workersText(report)} Temporal: ${report.temporal}. Clock of the API against PostgreSQL: ${report.clockSkewMs} ms.`,
    problems.length === 0 ? 'All checks passed.' : problems.join('\n'),
  ].join('\n\n');
}

/** The clock difference is corrected by half of the round trip. */
async function askWithClock(
  runtime: Runtime,
): Promise<{ readonly report: DoctorReport; readonly localSkewMs: number }> {
  const beforeMs = Date.now();
  const report = await runtime.client().doctor();
  return { report, localSkewMs: Math.round((beforeMs + Date.now()) / 2 - Date.parse(report.now)) };
}

async function doctor(runtime: Runtime): Promise<void> {
  const { report, localSkewMs } = await askWithClock(runtime);
  const complaints = [...report.problems];
  if (Math.abs(localSkewMs) > mostSkewMs) {
    complaints.push({
      ...{ id: 'clock/cli', kind: 'clock', severity: 'warning', subject: 'clock', since: null, jobsBlocked: 0 },
      ...{ jobId: null, provider: null },
      message: `The clock of this machine is ${Math.abs(localSkewMs) / 1000} s ${localSkewMs > 0 ? 'ahead of' : 'behind'} the API's.`,
      advice: 'Let both take their time from NTP.',
    });
  }
  const whole = { ...report, ok: complaints.length === 0, localSkewMs, problems: complaints };
  runtime.output().result(whole, () => reportText(report, complaints));
  if (complaints.length > 0)
    throw new CliError('negative', complaints.length === 1 ? '1 problem' : `${complaints.length} problems`);
}

async function unresolved(runtime: Runtime): Promise<void> {
  const instances = await runtime.client().unresolvedInstances();
  runtime
    .output()
    .result(instances, () => (instances.length === 0 ? 'No orphaned instances.' : unresolvedTable(instances)));
  if (instances.some(({ isInGrace }) => !isInGrace)) {
    throw new CliError('negative', 'orphaned instances are being billed');
  }
}

export function addDoctor(program: Command, runtime: Runtime): void {
  program
    .command('doctor')
    .description('Check providers, workers and instances, and say what needs attention (exit code 1 if anything does)')
    .action(() => doctor(runtime));
  program
    .command('instances')
    .description('List orphaned instances (exit code 1 if there are any past their grace period)')
    .option('--unresolved', 'only orphaned instances (the default)')
    .action(() => unresolved(runtime));
}
