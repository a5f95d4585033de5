import {
  attemptViewSchema,
  cancelJobsAnswerSchema,
  decisionViewSchema,
  launchRefusalViewSchema,
  isTerminalJobState,
  jobViewSchema,
  logPageSchema,
  metricPointSchema,
  pageSchema,
  signalAnswerSchema,
  outputFileSchema,
  systemMetricsSchema,
  type AttemptView,
  type DecisionView,
  type LaunchRefusalView,
  type JobSpecInput,
  type JobFilter,
  type JobSort,
  type CancelJobsAnswer,
  type JobView,
  type LogPage,
  type LogStream,
  type MetricPoint,
  type SignalAnswer,
  type SignalName,
  type SignalRequest,
  type OutputFile,
  type SystemMetrics,
} from '@artenic/core';
import { itemsOf } from './platform.ts';
import { pause, type Http } from './http.ts';
import { allOf, pages, type Signal } from './pages.ts';
import { download, readDownload, type ReadContent } from './download.ts';

const jobPath = (id: string, rest = ''): string => `/api/v1/jobs/${encodeURIComponent(id)}${rest}`;

const outputPath = (id: string, attempt: number, path: string): string =>
  jobPath(id, `/outputs/${attempt}/${path.split('/').map(encodeURIComponent).join('/')}`);

/** Pause before the next request when a log or a job has nothing new. */
const followPauseMs = 400;
/** Retries while following a job across a restart of the API: about a minute. */
const patience = { retries: 15 } as const;

/** Reads a job's records: how it got to where it is, and what it left. */
function jobHistory(http: Http) {
  return {
    /** Reasons for each attempt, in order. */
    decisions: (id: string, options: Signal = {}): Promise<readonly DecisionView[]> =>
      allOf(http, jobPath(id, '/decisions'), decisionViewSchema, options),
    /** Offers whose launch was refused, one row each. */
    refusals: (id: string, options: Signal = {}): Promise<readonly LaunchRefusalView[]> =>
      allOf(http, jobPath(id, '/refusals'), launchRefusalViewSchema, options),
    attempts: (id: string, options: Signal = {}): Promise<readonly AttemptView[]> =>
      allOf(http, jobPath(id, '/attempts'), attemptViewSchema, options),
    /** Files that the attempts left in their output folders. */
    outputs: (id: string, options: Signal = {}): Promise<readonly OutputFile[]> =>
      allOf(http, jobPath(id, '/outputs'), outputFileSchema, options),
    metrics: async (
      id: string,
      query: { readonly names?: readonly string[]; readonly limit?: number } = {},
    ): Promise<readonly MetricPoint[]> =>
      (
        await http.json(
          {
            method: 'GET',
            path: jobPath(id, '/metrics'),
            query: { name: query.names, limit: query.limit },
          },
          itemsOf(metricPointSchema),
        )
      ).items,
    /** Use of processor, memory, disk, network and GPUs; of the newest attempt when `attempt` is absent. */
    systemMetrics: (
      id: string,
      query: { readonly attempt?: number; readonly limit?: number } = {},
    ): Promise<SystemMetrics> =>
      http.json({ method: 'GET', path: jobPath(id, '/system-metrics'), query }, systemMetricsSchema),
  };
}

export function jobsApi(http: Http) {
  const get = (id: string, options: Signal & { readonly retries?: number } = {}): Promise<JobView> =>
    http.json({ method: 'GET', path: jobPath(id), ...options }, jobViewSchema);
  const logPage = (
    id: string,
    query: {
      readonly attempt?: number;
      readonly stream?: LogStream;
      readonly offset: number;
      readonly limitBytes?: number;
    },
    options: Signal & { readonly retries?: number } = {},
  ): Promise<LogPage> => http.json({ method: 'GET', path: jobPath(id, '/logs'), query, ...options }, logPageSchema);
  return {
    /** Submits a job. A second call with the same key returns the first call's job. */
    submit: (spec: JobSpecInput, options: Signal & { readonly idempotencyKey?: string } = {}): Promise<JobView> =>
      http.json({ method: 'POST', path: '/api/v1/jobs', json: spec, ...options }, jobViewSchema),
    get,
    /** Newest first, or in the given order. Fetches each page when iteration reaches it. */
    list: ({ pageSize, ...query }: JobsQuery & { readonly pageSize?: number } = {}): AsyncGenerator<JobView> =>
      pages((cursor) =>
        http.json(
          { method: 'GET', path: '/api/v1/jobs', query: { cursor, limit: pageSize, ...query } },
          pageSchema(jobViewSchema),
        ),
      ),
    /** The list as CSV, with a row of names first; at most 10,000 jobs. */
    csv: (query: JobsQuery & { readonly limit?: number } = {}, options: Signal = {}): Promise<string> =>
      http.raw({ method: 'GET', path: '/api/v1/jobs.csv', query: { ...query }, ...options }, (answer) => answer.text()),
    /** With `now` the command gets no grace for a last checkpoint; also after an earlier cancel. */
    cancel: (id: string, { now = false }: { readonly now?: boolean } = {}): Promise<JobView> =>
      http.json({ method: 'POST', path: jobPath(id, '/cancel'), ...(now ? { json: { now } } : {}) }, jobViewSchema),
    /** Cancels at most 1,000 jobs by their ids, or all open jobs that a filter finds, if it finds as many as expected. */
    cancelMany: (
      jobs: { readonly ids: readonly string[] } | { readonly filter: JobFilter; readonly expected: number },
      options: Signal & { readonly idempotencyKey?: string } = {},
    ): Promise<CancelJobsAnswer> =>
      http.json({ method: 'POST', path: '/api/v1/jobs/cancel', json: jobs, ...options }, cancelJobsAnswerSchema),
    /** Sends a signal to the job. A second call with the same event id changes nothing. */
    signal: (id: string, name: SignalName, event: SignalRequest & { readonly id: string }): Promise<SignalAnswer> =>
      http.json({ method: 'POST', path: jobPath(id, `/signals/${name}`), json: event }, signalAnswerSchema),
    ...jobHistory(http),
    logPage,
    /**
     * Pages of a log from `offset` on, of the newest attempt if `attempt` is absent. With `follow`, continues until
     * that attempt has ended; if `attempt` is absent, continues through later attempts until the job has ended.
     */
    logs: (id: string, query: LogQuery = {}, options: Signal = {}): AsyncGenerator<LogPage> =>
      logPages({ get, logPage }, id, query, options),
    /** A file that an attempt left in its output folder. */
    output: (id: string, attempt: number, path: string): Promise<Uint8Array> =>
      download(http, outputPath(id, attempt, path)),
    /**
     * Such a file as a stream, for files that are too large for memory. `read` is called for each try; with `offset` the
     * content begins there.
     */
    readOutput: <T>(
      id: string,
      { attempt, path }: Pick<OutputFile, 'attempt' | 'path'>,
      read: ReadContent<T>,
      offset?: () => number,
    ): Promise<T> => readDownload(http, outputPath(id, attempt, path), read, offset),
    /** Waits for a terminal state. Calls `onChange` after every poll. */
    waitFor: async (
      id: string,
      options: Signal & { readonly onChange?: (job: JobView) => void } = {},
    ): Promise<JobView> => {
      for (;;) {
        const job = await get(id, { ...patience, ...(options.signal === undefined ? {} : { signal: options.signal }) });
        options.onChange?.(job);
        if (isTerminalJobState(job.state)) return job;
        await pause(followPauseMs, options.signal);
      }
    },
  };
}

/** Filters, all of which must hold, and the order of the list. */
export type JobsQuery = JobFilter & { readonly sort?: JobSort };

/** Place in a job's log, and how far to read. */
type LogQuery = {
  readonly attempt?: number;
  readonly stream?: LogStream;
  readonly offset?: number;
  readonly follow?: boolean;
};
type Reads = {
  readonly get: (id: string, options: Signal & { readonly retries?: number }) => Promise<JobView>;
  readonly logPage: (
    id: string,
    query: { readonly attempt?: number; readonly stream?: LogStream; readonly offset: number },
    options: Signal & { readonly retries?: number },
  ) => Promise<LogPage>;
};

async function* logPages(
  { get, logPage }: Reads,
  id: string,
  query: LogQuery,
  options: Signal,
): AsyncGenerator<LogPage> {
  const { follow, offset: start, ...rest } = query;
  let [attempt, offset, hasEnded] = [query.attempt, start ?? 0, false];
  for (;;) {
    const place = { ...rest, offset, ...(attempt === undefined ? {} : { attempt }) };
    const page = await logPage(id, place, { ...patience, ...options });
    if (page.nextOffset > offset) {
      // offsets belong to one attempt, and a recovering job gets a newer attempt
      attempt = page.attempt;
      offset = page.nextOffset;
      yield page;
      continue;
    }
    const isLast = query.attempt !== undefined && page.complete;
    if (follow !== true || isLast) return;
    const job = await get(id, { ...patience, ...options });
    if (page.complete && job.currentAttempt > page.attempt) [attempt, offset] = [page.attempt + 1, 0];
    else if (hasEnded) return;
    else {
      // reads once more, because the last lines may have arrived after this page
      hasEnded = isTerminalJobState(job.state);
      if (!hasEnded) await pause(followPauseMs, options.signal);
    }
  }
}
