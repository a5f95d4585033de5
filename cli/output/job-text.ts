import {
  decisionLines,
  decisionTitle,
  formatCost,
  formatDuration,
  formatPrice,
  formatValue,
  shownState,
  situationText,
  timeLeftText,
  type AttemptView,
  type DecisionLine,
  type DecisionView,
  type JobView,
  type LaunchRefusalView,
} from '@artenic/core';
import type { Look, Tone } from './look.ts';
import { details, table } from './table.ts';
import { attemptTone, jobTones } from './tones.ts';

export function progressWords({ progress, state }: JobView): string {
  // A job that stops early succeeds before all of its steps.
  return progress === null || state === 'succeeded' ? '' : `${Math.round(progress * 100)} %`;
}

/** State with the place in the queue or the progress. */
export function stateWords(job: JobView): string {
  const place = job.queuePosition === null ? '' : `#${job.queuePosition} in queue`;
  return [shownState(job), place, progressWords(job)].filter((part) => part !== '').join(', ');
}

export function marketOf({ spot }: { readonly spot: boolean }): string {
  return spot ? 'spot' : 'on demand';
}

function toneOf({ situation }: JobView): Tone | null {
  const tones = { normal: null, warning: 'warn', critical: 'bad' } as const;
  return situation === null ? null : tones[situation.level];
}

function rateWords({ usdMicrosPerHour }: JobView): string {
  return usdMicrosPerHour === 0 ? '' : `, now ${formatPrice(usdMicrosPerHour)}`;
}

export function bestWords({ bestMetric }: JobView): string {
  return bestMetric === null ? '' : `${bestMetric.name} ${formatValue(bestMetric.value)}`;
}

export function describeJob(look: Look, job: JobView): string {
  const labels = Object.entries(job.labels).map(([name, value]) => `${name}=${value}`);
  const timeOf = (at: string | null): string => (at === null ? '' : `${at} (${look.ago(at)})`);
  return details(look, [
    ['Job', job.id],
    ['Name', job.name],
    ['Service', job.service],
    ['Labels', labels.join(', ')],
    ['State', stateWords(job), jobTones[job.state]],
    ['Now', job.situation === null ? '' : situationText(job.situation, look.nowMs), toneOf(job)],
    ['What to do', job.situation?.advice ?? ''],
    ['Message', job.message],
    ['Last sign of life', job.signOfLife === null ? '' : look.ago(job.signOfLife.at)],
    ['Time left', job.timeLeftMs === null ? '' : timeLeftText(job.timeLeftMs)],
    ['Trained', job.trainingMs === 0 ? '' : formatDuration(job.trainingMs)],
    [
      'On hold',
      job.heldAt === null ? '' : `since ${timeOf(job.heldAt)}: \`artenic jobs signal ${job.id} release\` releases it`,
      'warn',
    ],
    ['Attempt', job.currentAttempt === 0 ? '' : String(job.currentAttempt)],
    ['Cost', job.cost.usdMicros === 0 ? '' : `${formatCost(job.cost)}${rateWords(job)}`],
    ['Best metric', bestWords(job)],
    ['Model', job.result === null ? '' : `${job.result.model} version ${job.result.version}`],
    ['Submitted', timeOf(job.createdAt)],
    ['Started', timeOf(job.startedAt)],
    ['Finished', timeOf(job.finishedAt)],
  ]);
}

/** Running time, by the provider's times where they are known. */
function ran(look: Look, { billedFrom, billedUntil, helloAt, endedAt }: AttemptView): string {
  const from = billedFrom ?? helloAt;
  if (from === null) return '–';
  const until = billedUntil ?? endedAt;
  return formatDuration((until === null ? look.nowMs : Date.parse(until)) - Date.parse(from));
}

/** Time since the runner's last sign of life; a dash after the attempt's end or before the first sign of life. */
function heard(look: Look, { lastHeartbeatAt, endedAt }: AttemptView): string {
  return endedAt === null ? look.ago(lastHeartbeatAt) : '–';
}

function attemptCost({ priceUsdMicrosPerHour, cost }: AttemptView): string {
  return priceUsdMicrosPerHour === 0 ? 'free' : formatCost(cost);
}

/** The columns of money are left out when no attempt has a cost. */
export function attemptTable(look: Look, attempts: readonly AttemptView[]): string {
  const isFree = attempts.every(({ cost }) => cost.usdMicros === 0);
  const money = (text: (one: AttemptView) => string) => (one: AttemptView) => (isFree ? '' : text(one));
  return table(
    look,
    [
      { name: 'ATTEMPT', cell: (one) => String(one.attempt), isNumber: true },
      { name: 'STATE', cell: (one) => one.ending?.kind ?? one.state, tone: attemptTone },
      { name: 'PROVIDER', cell: (one) => one.provider, rank: 2 },
      { name: 'REGION', cell: (one) => one.region, rank: 3 },
      { name: 'TYPE', cell: (one) => one.instanceType, rank: 1 },
      { name: 'MARKET', cell: marketOf, rank: 4 },
      {
        name: 'PRICE',
        cell: money((one) => formatPrice(one.priceUsdMicrosPerHour)),
        ...{ isNumber: true, isOptional: true, rank: 6 },
      },
      { name: 'RAN', cell: (one) => ran(look, one) },
      { name: 'LAST SIGN OF LIFE', cell: (one) => heard(look, one), rank: 7 },
      { name: 'COST', cell: money(attemptCost), isNumber: true, isOptional: true },
      { name: 'RESUMED FROM', cell: (one) => one.restoredFrom ?? '', isOptional: true, rank: 5 },
      { name: 'REASON', cell: (one) => one.reason },
    ],
    attempts,
  );
}

/** The failover policy's decisions between the attempts, with the reason of each. */
export function decisionTable(look: Look, { finishedAt }: JobView, decisions: readonly DecisionView[]): string {
  const lines = decisionLines(decisions, finishedAt === null ? look.nowMs : Date.parse(finishedAt));
  const isOpen = (line: DecisionLine): boolean => finishedAt === null && line === lines.at(-1);
  return table<DecisionLine>(
    look,
    [
      { name: 'DECISION', cell: ({ id }) => String(id), isNumber: true, rank: 1 },
      { name: 'WHEN', cell: ({ lastAt }) => look.ago(lastAt) },
      { name: 'ACTION', cell: (line) => decisionTitle(line, isOpen(line)) },
      { name: 'REASON', cell: ({ reason }) => reason },
    ],
    lines,
  );
}

/** Refused launches of the job. */
export function refusalTable(look: Look, refusals: readonly LaunchRefusalView[]): string {
  return table(
    look,
    [
      { name: 'REFUSED BY', cell: (one) => one.provider },
      { name: 'ZONE', cell: (one) => one.zone ?? one.region },
      { name: 'TYPE', cell: (one) => one.instanceType },
      { name: 'MARKET', cell: marketOf, rank: 1 },
      { name: 'TIMES', cell: (one) => String(one.total), isNumber: true },
      { name: 'LAST', cell: (one) => look.ago(one.lastAt) },
      { name: 'REASON', cell: (one) => `${one.kind}: ${one.message}` },
    ],
    refusals,
  );
}
