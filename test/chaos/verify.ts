import { readFileSync } from 'node:fs';
import pg from 'pg';
import type { AttemptView, JobView, LogPage } from '@artenic/core';
import { poll } from '../support/poll.ts';
import type { Stack } from '../support/stack.ts';
import { counterResult, type CounterConfig } from './jobs.ts';

/** Any client of the API. */
type Asked = Pick<Stack, 'request'>;

export const terminalStates: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled', 'timed-out']);

/** Waits until the job has ended in any state. */
export function endOf(stack: Asked, jobId: string, timeoutMs: number): Promise<JobView> {
  return poll(`job ${jobId} to end`, timeoutMs, async () => {
    const job = await stack.request<JobView>('GET', `/api/v1/jobs/${jobId}`);
    return terminalStates.has(job.state) ? job : null;
  });
}

export async function attemptsOf(stack: Asked, jobId: string): Promise<readonly AttemptView[]> {
  return (await stack.request<{ items: AttemptView[] }>('GET', `/api/v1/jobs/${jobId}/attempts`)).items;
}

/** The whole log of an attempt, read page by page like a follower. */
async function logOf(stack: Asked, jobId: string, attempt: number): Promise<string> {
  let text = '';
  for (let offset = 0; ;) {
    const page = await stack.request<LogPage>(
      'GET',
      `/api/v1/jobs/${jobId}/logs?attempt=${attempt}&stream=training&offset=${offset}`,
    );
    text += page.text;
    if (page.nextOffset === offset) return text;
    offset = page.nextOffset;
  }
}

/** The lines of an attempt must be the numbers from its restored step on, each once and without a gap. */
function checkLines(log: string, attempt: number): readonly string[] {
  const lines = log.split('\n').filter((line) => line.startsWith('line ') || line.startsWith('from '));
  const first = lines[0];
  if (first === undefined) return [];
  if (!first.startsWith('from ')) return [`attempt ${attempt}: the first line is ${first}`];
  const from = Number(first.slice(5));
  return lines
    .slice(1)
    .flatMap((line, index) =>
      line === `line ${from + index + 1}`
        ? []
        : [`attempt ${attempt}: line ${index + 1} is "${line}", expected ${from + index + 1}`],
    );
}

/**
 * Lines that the training noted as printed must be in the logs, including lines that a killed runner had not shipped.
 */
async function checkTrace(
  stack: Asked,
  jobId: string,
  trace: string,
  attempts: readonly AttemptView[],
): Promise<readonly string[]> {
  const noted = readFileSync(trace, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
  const problems: string[] = [];
  for (const { attempt } of attempts) {
    const logged = new Set((await logOf(stack, jobId, attempt)).split('\n'));
    const lost = noted.filter(([one, step]) => one === attempt && !logged.has(`line ${step}`));
    if (lost.length > 0)
      problems.push(
        `${jobId}: attempt ${attempt} printed ${lost.length} lines that no log has, the first is line ${lost[0]?.[1]}`,
      );
  }
  return problems;
}

/** Checks all promises for a counter job that has to succeed; returns the broken ones. */
export async function checkCounter(
  stack: Asked,
  job: JobView,
  config: CounterConfig,
  mayRetry: boolean,
): Promise<readonly string[]> {
  const problems: string[] = [];
  const attempts = await attemptsOf(stack, job.id);
  if (job.state !== 'succeeded') return [`${job.id}: ${job.state}, ${job.message}`];
  if (!mayRetry && attempts.length !== 1)
    problems.push(
      `${job.id}: ${attempts.length} attempts without the death of a runner or a training: ${attempts.map((one) => `${one.ending?.kind}: ${one.ending?.message}`).join('; ')}`,
    );
  for (const attempt of attempts)
    problems.push(
      ...checkLines(await logOf(stack, job.id, attempt.attempt), attempt.attempt)
        .slice(0, 3)
        .map((line) => `${job.id}: ${line}`),
    );
  if (config.trace !== undefined) problems.push(...(await checkTrace(stack, job.id, config.trace, attempts)));
  const last = attempts.at(-1);
  const result = await stack.request<{ step: number; state: string }>(
    'GET',
    `/api/v1/jobs/${job.id}/outputs/${last?.attempt ?? 0}/result.json`,
  );
  const expected = counterResult(config.total);
  if (result.state !== expected.state) problems.push(`${job.id}: the result differs from the undisturbed one`);
  // A last attempt restored from the last step has no lines to print.
  const lastLine = (await logOf(stack, job.id, last?.attempt ?? 0))
    .split('\n')
    .findLast((line) => /^(?:line|from) /.test(line));
  if (lastLine !== `line ${config.total}` && lastLine !== `from ${config.total}`)
    problems.push(`${job.id}: the log ends with ${lastLine}`);
  return problems;
}

/** A job's terminal state is written exactly once. */
export async function checkEndedOnce(stack: Stack, jobIds: readonly string[]): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: stack.endpoints().databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ subject: string; ends: string }>(
      `select subject, count(*) as ends from events where kind = 'job.state' and data->>'state' in ('succeeded','failed','cancelled','timed-out') group by subject`,
    );
    const ends = new Map(rows.map((row) => [row.subject, Number(row.ends)]));
    return jobIds.flatMap((id) => (ends.get(id) === 1 ? [] : [`${id}: ended ${ends.get(id) ?? 0} times`]));
  } finally {
    await client.end();
  }
}
