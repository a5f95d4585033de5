import {
  formatCost,
  jobSorts,
  shownState,
  timeLeftText,
  jobStates,
  type JobSort,
  type JobState,
  type JobView,
} from '@artenic/core';
import type { Command } from 'commander';
import { CliError } from '../../cli-error.ts';
import { bestWords, progressWords } from '../../output/job-text.ts';
import type { Look } from '../../output/look.ts';
import { gather } from '../../output/options.ts';
import { table } from '../../output/table.ts';
import { jobTones } from '../../output/tones.ts';
import type { Runtime } from '../../runtime.ts';
import { timeOf, wholeNumber } from '../numbers.ts';

type Filters = {
  readonly state?: JobState;
  readonly service?: string;
  readonly label: readonly string[];
  readonly provider?: string;
  readonly by?: string;
  readonly since?: string;
  readonly until?: string;
  readonly search?: string;
};
type Options = Filters & { readonly sort?: JobSort; readonly limit: string };

function checkedLabels(pairs: readonly string[]): readonly string[] {
  const wrong = pairs.find((pair) => pair.indexOf('=') < 1);
  if (wrong !== undefined) throw new CliError('usage', `--label takes name=value, not ${wrong}`);
  return pairs;
}

function queryOf(options: Options, nowMs: number) {
  const { state, service, label, provider, by, since, until, search, sort } = options;
  return {
    ...(state === undefined ? {} : { state }),
    ...(service === undefined ? {} : { service }),
    ...(label.length === 0 ? {} : { label: checkedLabels(label) }),
    ...(provider === undefined ? {} : { provider }),
    ...(by === undefined ? {} : { submittedBy: by }),
    ...(since === undefined ? {} : { since: timeOf('since', since, nowMs) }),
    ...(until === undefined ? {} : { until: timeOf('until', until, nowMs) }),
    ...(search === undefined ? {} : { search }),
    ...(sort === undefined ? {} : { sort }),
  };
}

/** The filters as they were given. */
function filterWords({ state, service, label, provider, by, since, until, search }: Filters): string {
  const named = { state, service, provider, by, since, until, search };
  const words = Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]));
  return [...words, ...label.map((pair) => `--label ${pair}`)].join(' ');
}

function stateAndProgress(job: JobView): string {
  const left = job.timeLeftMs === null ? '' : timeLeftText(job.timeLeftMs);
  return [shownState(job), progressWords(job), left].filter((part) => part !== '').join(', ');
}

function messageOf({ state, result, message, queuePosition, situation }: JobView): string {
  if (situation !== null && situation.level !== 'normal') return situation.message;
  if (state === 'succeeded' && result !== null) return `${result.model} version ${result.version}`;
  return message === '' && queuePosition !== null ? `#${queuePosition} in queue` : message;
}

function placeOf({ provider, market }: JobView): string {
  return provider === null ? '' : `${provider}${market === null ? '' : ` ${market}`}`;
}

function jobTable(look: Look, jobs: readonly JobView[]): string {
  const isFree = jobs.every(({ cost }) => cost.usdMicros === 0);
  return table(
    look,
    [
      { name: 'ID', title: 'Job', cell: (job) => look.id(job.id) },
      { name: 'NAME', cell: (job) => job.name },
      { name: 'SERVICE', cell: (job) => job.service, rank: 4 },
      { name: 'STATE', cell: stateAndProgress, tone: (job) => jobTones[job.state] },
      {
        name: 'ATTEMPT',
        cell: (job) => (job.currentAttempt === 0 ? '–' : String(job.currentAttempt)),
        isNumber: true,
        rank: 3,
      },
      { name: 'SUBMITTED', cell: (job) => look.ago(job.createdAt), rank: 1 },
      {
        name: 'COST',
        cell: (job) => (isFree ? '' : formatCost(job.cost)),
        ...{ isNumber: true, isOptional: true, rank: 2 },
      },
      { name: 'PROVIDER', cell: placeOf, ...{ isOptional: true, rank: 5 } },
      { name: 'BEST METRIC', cell: bestWords, ...{ isOptional: true, rank: 6 } },
      { name: 'MESSAGE', cell: messageOf },
    ],
    jobs,
  );
}

async function list(runtime: Runtime, options: Options): Promise<void> {
  const limit = wholeNumber('limit', options.limit);
  const query = { ...queryOf(options, runtime.terminal.nowMs()), pageSize: Math.min(limit + 1, 200) };
  const jobs: JobView[] = [];
  let isMore = false;
  for await (const job of runtime.client().jobs.list(query)) {
    isMore = jobs.length === limit;
    if (isMore) break;
    jobs.push(job);
  }
  const filters = filterWords(options);
  const output = runtime.output();
  output.result(jobs, (look) => {
    if (jobs.length > 0) return jobTable(look, jobs);
    return filters === '' ? 'No jobs yet.' : `No matching jobs (${filters}).`;
  });
  if (isMore) output.say(`The first ${limit} are shown; --limit ${limit * 2} shows more.`);
  if (jobs.length === 0 && filters === '') output.next([['Submit one', 'artenic jobs dispatch artenic.yaml']]);
}

export function addList(jobs: Command, runtime: Runtime): void {
  jobs
    .command('list')
    .addOption(jobs.createOption('--state <state>', 'Only jobs in this state').choices(jobStates))
    .option('--service <name>', 'Only jobs of this service')
    .option('--label <name=value>', 'Only jobs with this label; repeatable', gather, [])
    .option('--provider <name>', 'Only jobs whose newest attempt is on this provider')
    .option('--by <id>', 'Only jobs submitted by this user or API key')
    .option('--since <time>', 'Only jobs submitted since: an age such as 2h, or an ISO 8601 time')
    .option('--until <time>', 'Only jobs submitted until: an age such as 2h, or an ISO 8601 time')
    .option('--search <text>', 'Only jobs with these words in their name, id, service, model, labels or message')
    .addOption(
      jobs.createOption('--sort <field>', 'Order; a field with "-" before it sorts downwards').choices(jobSorts),
    )
    .option('--limit <number>', 'Maximum number of jobs', '50')
    .description('List jobs, newest first')
    .action((options: Options) => list(runtime, options));
}
