import {
  attemptViewSchema,
  decisionViewSchema,
  launchRefusalViewSchema,
  isTerminalJobState,
  jobViewSchema,
  logPageSchema,
  metricPointSchema,
  modelVersionViewSchema,
  modelViewSchema,
  pageSchema,
  predictBatchResponseSchema,
  predictResponseSchema,
  signalAnswerSchema,
  signInLinkSchema,
  outputFileSchema,
  stageChangeViewSchema,
  type AttemptView,
  type DecisionView,
  type LaunchRefusalView,
  type JobSpecInput,
  type JobState,
  type JobView,
  type LogPage,
  type LogStream,
  type MetricPoint,
  type ModelVersionView,
  type ModelView,
  type PredictBatchRequest,
  type PredictBatchResponse,
  type PredictRequest,
  type PredictResponse,
  type SignalAnswer,
  type SignalName,
  type SignalRequest,
  type OutputFile,
  type StageChangeView,
} from '@artenic/core';
import { z } from 'zod';
import { itemsOf, platformApi } from './platform.ts';
import { createHttp, pause, type ClientOptions, type Http, type UploadBody } from './http.ts';
import { allOf, pages, type Signal } from './pages.ts';
import { followEvents, type LiveOptions, type LiveSubscription } from './live.ts';

export type ObjectKind = 'packages' | 'data' | 'models';

const jobPath = (id: string, rest = ''): string => `/api/v1/jobs/${encodeURIComponent(id)}${rest}`;
const modelPath = (name: string, rest = ''): string => `/api/v1/models/${encodeURIComponent(name)}${rest}`;
const aliveSchema = z.object({ status: z.string() });
const readySchema = z.object({ ready: z.boolean() });
const checkSchema = z.object({ state: z.string(), tookMs: z.number(), reason: z.string().nullable() });
const healthSchema = readySchema.extend({
  status: z.string(),
  version: z.string(),
  upSeconds: z.number(),
  checks: z.record(z.string(), checkSchema),
  providers: z.array(z.object({ name: z.string(), usable: z.boolean(), message: z.string() })),
});

/** How long to wait before asking again when a log or a job has nothing new. */
const followPauseMs = 400;
/** Tries while the API restarts, for callers that follow a job: about a minute. */
const patience = { retries: 15 } as const;

async function download(http: Http, path: string): Promise<Uint8Array> {
  const content = await http.raw({ method: 'GET', path, unbounded: true }, (response) => response.arrayBuffer());
  return new Uint8Array(content);
}

function jobsApi(http: Http) {
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
    /** Submits a job; with the same key a second call returns the first one's job. */
    submit: (spec: JobSpecInput, options: Signal & { readonly idempotencyKey?: string } = {}): Promise<JobView> =>
      http.json({ method: 'POST', path: '/api/v1/jobs', json: spec, ...options }, jobViewSchema),
    get,
    /** Newest first, page by page as it is read. */
    list: (
      query: { readonly state?: JobState; readonly service?: string; readonly pageSize?: number } = {},
    ): AsyncGenerator<JobView> =>
      pages((cursor) =>
        http.json(
          {
            method: 'GET',
            path: '/api/v1/jobs',
            query: { cursor, limit: query.pageSize, state: query.state, service: query.service },
          },
          pageSchema(jobViewSchema),
        ),
      ),
    cancel: (id: string): Promise<JobView> =>
      http.json({ method: 'POST', path: jobPath(id, '/cancel') }, jobViewSchema),
    /** Sends the job a signal. A second call with the same event id changes nothing. */
    signal: (id: string, name: SignalName, event: SignalRequest & { readonly id: string }): Promise<SignalAnswer> =>
      http.json({ method: 'POST', path: jobPath(id, `/signals/${name}`), json: event }, signalAnswerSchema),
    /** Why each attempt was made, in their order. */
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
    logPage,
    /**
     * Pages of a log from `offset` on, of the newest attempt when none is named. With `follow` until that attempt has
     * ended; when none is named through all later ones, until the job has.
     */
    logs: async function* (
      id: string,
      query: {
        readonly attempt?: number;
        readonly stream?: LogStream;
        readonly offset?: number;
        readonly follow?: boolean;
      } = {},
      options: Signal = {},
    ): AsyncGenerator<LogPage> {
      const { follow, offset: start, ...rest } = query;
      let [attempt, offset, hasEnded] = [query.attempt, start ?? 0, false];
      for (;;) {
        const place = { ...rest, offset, ...(attempt === undefined ? {} : { attempt }) };
        const page = await logPage(id, place, { ...patience, ...options });
        if (page.nextOffset > offset) {
          // Offsets belong to one attempt, and a job that recovers gets a newer one.
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
          // The last log bytes may have arrived after this page, so the log is read once more.
          hasEnded = isTerminalJobState(job.state);
          if (!hasEnded) await pause(followPauseMs, options.signal);
        }
      }
    },
    /** A file that an attempt left in its output folder. */
    output: (id: string, attempt: number, path: string): Promise<Uint8Array> =>
      download(http, jobPath(id, `/outputs/${attempt}/${path.split('/').map(encodeURIComponent).join('/')}`)),
    /** Waits for a terminal state; `onChange` sees every look. */
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

function modelsApi(http: Http) {
  const change = (
    name: string,
    version: number,
    verb: 'promote' | 'retire',
    reason: string,
  ): Promise<ModelVersionView> =>
    http.json(
      { method: 'POST', path: modelPath(name, `/versions/${version}/${verb}`), json: { reason } },
      modelVersionViewSchema,
    );
  return {
    /** Registers a model file that was uploaded as `models/<sha256>`. */
    register: (request: {
      readonly model: string;
      readonly sha256: string;
      readonly metrics?: Readonly<Record<string, number>>;
    }): Promise<ModelVersionView> =>
      http.json({ method: 'POST', path: '/api/v1/models', json: request }, modelVersionViewSchema),
    list: (query: { readonly pageSize?: number } = {}): AsyncGenerator<ModelView> =>
      pages((cursor) =>
        http.json(
          { method: 'GET', path: '/api/v1/models', query: { cursor, limit: query.pageSize } },
          pageSchema(modelViewSchema),
        ),
      ),
    get: (name: string): Promise<ModelView> => http.json({ method: 'GET', path: modelPath(name) }, modelViewSchema),
    /** Newest first. */
    versions: (name: string): Promise<readonly ModelVersionView[]> =>
      allOf(http, modelPath(name, '/versions'), modelVersionViewSchema),
    version: (name: string, version: number): Promise<ModelVersionView> =>
      http.json({ method: 'GET', path: modelPath(name, `/versions/${version}`) }, modelVersionViewSchema),
    promote: (name: string, version: number, reason = ''): Promise<ModelVersionView> =>
      change(name, version, 'promote', reason),
    retire: (name: string, version: number, reason = ''): Promise<ModelVersionView> =>
      change(name, version, 'retire', reason),
    stageHistory: (name: string): Promise<readonly StageChangeView[]> =>
      allOf(http, modelPath(name, '/stage-history'), stageChangeViewSchema),
    artifact: (name: string, version: number): Promise<Uint8Array> =>
      download(http, modelPath(name, `/versions/${version}/artifact`)),
  };
}

export type ArtenicClient = ReturnType<typeof createClient>;

/** Everything the API offers, with retries, idempotency keys, checked answers and pages as iterators. */
export function createClient(options: ClientOptions) {
  const http = createHttp(options);
  return {
    jobs: jobsApi(http),
    models: modelsApi(http),
    objects: {
      /** Uploads content under its SHA-256 unless it is there; `body` is called for each try. Returns whether it was sent. */
      upload: async (kind: ObjectKind, sha256: string, body: () => UploadBody): Promise<boolean> => {
        const path = `/api/v1/objects/${kind}/${sha256}`;
        const isThere = await http.raw({ method: 'HEAD', path, accepts: 404 }, ({ ok }) => Promise.resolve(ok));
        if (isThere) return false;
        const content = { type: 'application/octet-stream', body };
        await http.raw({ method: 'PUT', path, content, unbounded: true }, (response) => response.text());
        return true;
      },
    },
    /** One row: a value per named input. Without a version the one in production answers. */
    predict: (
      model: string,
      inputs: PredictRequest['inputs'],
      predictOptions: { readonly version?: number } = {},
    ): Promise<PredictResponse> =>
      http.json(
        { method: 'POST', path: modelPath(model, '/predict'), json: { inputs, ...predictOptions } },
        predictResponseSchema,
      ),
    /** Many rows in one request, at most 10,000; each is answered for itself, in their order. */
    predictBatch: (
      model: string,
      rows: readonly PredictBatchRequest['inputs'][number][],
      predictOptions: { readonly version?: number } & Signal = {},
    ): Promise<PredictBatchResponse> => {
      const { signal, ...rest } = predictOptions;
      return http.json(
        {
          method: 'POST',
          path: modelPath(model, '/predict_batch'),
          json: { inputs: rows, ...rest },
          ...(signal === undefined ? {} : { signal }),
        },
        predictBatchResponseSchema,
      );
    },
    ...platformApi(http),
    /** A token that signs one browser in at `/sign-in#token=…`, once. */
    signInLink: (): Promise<z.output<typeof signInLinkSchema>> =>
      http.json({ method: 'POST', path: '/api/v1/session/links' }, signInLinkSchema),
    /** Whether the API lives. Needs no key. */
    alive: (): Promise<z.output<typeof aliveSchema>> => http.json({ method: 'GET', path: '/health' }, aliveSchema),
    /** Whether requests can be answered; "no" is an answer too. Needs no key. */
    ready: (): Promise<z.output<typeof readySchema>> =>
      http.json({ method: 'GET', path: '/health/ready', accepts: 503 }, readySchema),
    /** As `ready`, with the state of each part, and how many milliseconds it took to answer. */
    health: (): Promise<z.output<typeof healthSchema>> =>
      http.json({ method: 'GET', path: '/health/detailed', accepts: 503 }, healthSchema),
    /** Events by topic over the WebSocket, resumed behind the last one after every broken connection. */
    live: (live: LiveOptions): LiveSubscription => followEvents(options, live),
  };
}
