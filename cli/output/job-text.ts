import { shownState, situationText, timeLeftText } from '@artenic/core';
import type { AttemptView, Cost, DecisionView, JobView, LaunchRefusalView } from '@artenic/core';
import { ago, lasted, printable, table, usd } from './output.ts';

function costWords({ usdMicros, isFinal }: Cost): string {
  return `${usd(usdMicros)}${isFinal ? '' : ' so far'}`;
}

export function describeJob(job: JobView): string {
  const rows: readonly (readonly [string, string])[] = [
    ['Job', job.id],
    ['Service', job.service],
    [
      'State',
      `${shownState(job)}${job.queuePosition === null ? '' : ` (place ${job.queuePosition} in the queue)`}${job.progress === null || job.state === 'succeeded' ? '' : `, ${Math.round(job.progress * 100)} %`}`,
    ],
    ['Now', job.situation === null ? '' : situationText(job.situation, Date.now())],
    ['', job.situation?.advice ?? ''],
    ['Message', job.message],
    ['Last sign', job.signOfLife === null ? '' : `of life ${ago(job.signOfLife.at)}`],
    ['Time left', job.timeLeftMs === null ? '' : timeLeftText(job.timeLeftMs)],
    ['Trained', job.trainingMs === 0 ? '' : lasted(job.trainingMs)],
    [
      'Held',
      job.heldAt === null ? '' : `since ${job.heldAt}: \`artenic training signal ${job.id} release\` lets it go on`,
    ],
    ['Attempt', String(job.currentAttempt)],
    [
      'Cost',
      job.cost.usdMicros === 0
        ? ''
        : `${costWords(job.cost)}${job.usdMicrosPerHour === 0 ? '' : `, now ${usd(job.usdMicrosPerHour)}/h`}`,
    ],
    ['Model', job.result === null ? '' : `${job.result.model} version ${job.result.version}`],
    ['Submitted', `${job.createdAt} (${ago(job.createdAt)})`],
    ['Finished', job.finishedAt ?? ''],
  ];
  return rows
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name.padEnd(10)} ${printable(value)}`)
    .join('\n');
}

/** Running time, by the provider's times where they are known. */
function ran({ billedFrom, billedUntil, helloAt, endedAt }: AttemptView): string {
  const from = billedFrom ?? helloAt;
  if (from === null) return '–';
  const until = billedUntil ?? endedAt;
  return lasted((until === null ? Date.now() : Date.parse(until)) - Date.parse(from));
}

/** Time since the runner's last sign of life; a dash after the attempt's end or before the first sign of life. */
function heard({ lastHeartbeatAt, endedAt }: AttemptView): string {
  return lastHeartbeatAt === null || endedAt !== null ? '–' : ago(lastHeartbeatAt);
}

/** The cost column is omitted when no attempt has a cost. */
export function attemptTable(attempts: readonly AttemptView[]): string {
  const isFree = attempts.every(({ cost }) => cost.usdMicros === 0);
  const costOf = ({ priceUsdMicrosPerHour, cost }: AttemptView) =>
    priceUsdMicrosPerHour === 0 ? 'free' : costWords(cost);
  return table(
    [
      'ATTEMPT',
      'PROVIDER',
      'REGION',
      'TYPE',
      'SPOT',
      'RAN',
      'HEARD',
      'ENDED BY',
      ...(isFree ? [] : ['COST']),
      'WHY STARTED',
    ],
    attempts.map((one) => [
      ...[String(one.attempt), one.provider, one.region, one.instanceType, one.spot ? 'spot' : 'on demand'],
      ...[ran(one), heard(one), one.ending?.kind ?? one.state, ...(isFree ? [] : [costOf(one)]), one.reason],
    ]),
  );
}

/** The failover policy's decisions between the attempts, with the rule of each. */
export function decisionTable(decisions: readonly DecisionView[]): string {
  return table(
    ['DECISION', 'WHEN', 'WHAT', 'BECAUSE'],
    decisions.map(({ decision, decidedAt, kind, attempt, step, reason }) => [
      ...[String(decision), ago(decidedAt)],
      `${kind}${attempt === null || kind !== 'launch' ? '' : ` ${attempt}`}${step === null ? '' : ` (${step})`}`,
      reason,
    ]),
  );
}

/** Refused launches of the job. */
export function refusalTable(refusals: readonly LaunchRefusalView[]): string {
  return table(
    ['REFUSED BY', 'ZONE', 'TYPE', 'SPOT', 'TIMES', 'LAST', 'WHY'],
    refusals.map(({ provider, region, zone, instanceType, spot, kind, message, total, lastAt }) => [
      ...[provider, zone ?? region, instanceType, spot ? 'spot' : 'on demand'],
      ...[String(total), ago(lastAt), `${kind}: ${message}`],
    ]),
  );
}
