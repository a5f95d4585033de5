import { z } from 'zod';
import { providerModules } from '../activities/providers/registry.ts';
import { webhookKeyOf } from '../app/signals/webhook-signature.ts';
import { nameRules, type UploadRules } from '../core/datasets/upload-rules.ts';
import { messageOf } from '../core/errors.ts';
import { defaultPeriods, type Periods } from '../core/retention/rules.ts';
import type { SilenceSettings } from '../core/silence/silence.ts';
import { storageOptionsOf } from './compose/storage-url.ts';
import { temporalTlsGaps } from './temporal/tls.ts';

const port = z.coerce.number().int().min(1).max(65_535);
const milliseconds = z.coerce.number().int().min(1);

/**
 * Every option but those of single providers (`activities/providers/NAME/config.ts`), read from the environment in one place. Each says its default, the trade-off and when to change it.
 */
const configSchema = z.object({
  /** URL of PostgreSQL, as `postgresql://user:password@host:port/database`. `npm start` sets it to its embedded server. */
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'a URL that starts with postgresql://'),
  /** Address of Temporal's frontend service, as host:port. */
  TEMPORAL_ADDRESS: z.string().min(1).default('127.0.0.1:7233'),
  /** Temporal namespace; created if missing. Installations that share a server need different ones. */
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  /** `true`: connect to Temporal by TLS, `false`: without it. If not set: TLS when one of the options below is set. */
  TEMPORAL_TLS: z.enum(['true', 'false']).optional(),
  /** PEM file with the CA certificates that Temporal's certificate is checked against. If not set: the public authorities. */
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: z.string().optional(),
  /** Host name in Temporal's certificate, if it differs from the host of TEMPORAL_ADDRESS. */
  TEMPORAL_TLS_SERVER_NAME: z.string().optional(),
  /** PEM file with the client certificate of API and worker. Like all of these files, it is read at the start. */
  TEMPORAL_TLS_CLIENT_CERT_PATH: z.string().optional(),
  /** PEM file with the private key of TEMPORAL_TLS_CLIENT_CERT_PATH. */
  TEMPORAL_TLS_CLIENT_KEY_PATH: z.string().optional(),
  /** File with an API key that is sent with each call to Temporal. */
  TEMPORAL_API_KEY_FILE: z.string().optional(),
  /** State folder, for everything that is not in PostgreSQL or Temporal: objects, instances of the local provider, logs. */
  ARTENIC_HOME: z.string().min(1).default('.artenic'),
  /**
   * URL of the object storage: `file:///folder`, `s3://bucket/prefix?region=…`, `gs://bucket/prefix` or `az://account/container/prefix` ([object storage](../storage.md)); for servers of one's own with `endpoint=https://…` and `public-endpoint=https://…`, for S3 also `path-style=true`. If not set: the folder `objects` in ARTENIC_HOME. Credentials are read from the environment by the cloud's own rules, or from the JSON file that `credentials=FILE` names, never from this URL.
   */
  ARTENIC_STORAGE_URL: z
    .string()
    .superRefine((text, context) => {
      try {
        storageOptionsOf(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: messageOf(error) });
      }
    })
    .optional(),
  /** Key of the storage account for `az://` URLs without `credentials=FILE`. */
  AZURE_STORAGE_KEY: z.string().min(1).optional(),
  /** `shared`: runners on this machine read and write the storage folder directly. `signed`: they use signed requests, as runners on other machines do; needed if they run as another user or in a container. */
  ARTENIC_RUNNER_STORAGE: z.enum(['shared', 'signed']).default('shared'),
  /** Address on which the API listens. Any address other than loopback needs ARTENIC_ALLOWED_HOSTS. */
  ARTENIC_API_HOST: z.string().min(1).default('127.0.0.1'),
  /** Port on which the API listens; `npm start` uses a free port if this one is in use. */
  ARTENIC_API_PORT: port.default(7400),
  /** URL by which runners reach the API. Runners on other machines need a public URL. */
  ARTENIC_API_URL: z.url().optional(),
  /** URL by which browsers reach the API behind a proxy. Its host and origin are allowed. With https the session cookie is `Secure` and named `__Host-…`. */
  ARTENIC_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Host names, besides loopback, that requests may have, separated by commas. Protects against DNS rebinding. */
  ARTENIC_ALLOWED_HOSTS: z.string().default(''),
  /** Origins, besides the API's own, whose pages may call the API with an API key (never with a session), separated by commas (`https://tools.example.org`). */
  ARTENIC_ALLOWED_ORIGINS: z.string().default(''),
  /** Addresses or networks of proxies in front of the API, separated by commas (`10.0.0.0/8`). `X-Forwarded-For` is read only from these. If not set, all callers behind a proxy share one rate limit on routes without a key. */
  ARTENIC_TRUSTED_PROXIES: z.string().default(''),
  /** Maximum processes of one model; all models together have twice as many. If not set: the number of cores, of which only models that need at least 2.5 ms for 32 rows use the last one. A lower value keeps cores for trainings. */
  ARTENIC_MODEL_PROCESSES: z.coerce.number().int().min(1).optional(),
  /** Base URLs of servers with the Open Inference Protocol v2 that may run models in formats other than ONNX, separated by commas. */
  ARTENIC_INFERENCE_SERVERS: z.string().default(''),
  /** Python modules that registered pickles may import, separated by commas (`sklearn,numpy`). Imports that are known to run code are always refused. */
  ARTENIC_PICKLE_MODULES: z.string().default(''),
  /** Secret of at least 32 bytes (base64) with which tokens and API keys are hashed. Changing it revokes all of them. */
  ARTENIC_KEY_PEPPER: z.string().transform((text, context) => {
    const bytes = Buffer.from(text, 'base64');
    if (bytes.length < 32) context.addIssue({ code: 'custom', message: 'at least 32 bytes as base64' });
    return new Uint8Array(bytes);
  }),
  /** File with an API key that gets the admin role at the start; `npm start` creates one. If not set, the database must already contain keys. */
  ARTENIC_ADMIN_KEY_FILE: z.string().optional(),
  /** URL of Temporal's Web UI for browsers; the dashboard links to it. `npm start` sets it. */
  ARTENIC_TEMPORAL_UI_URL: z.url().optional(),
  /** URL of Temporal's Web UI for the API. If set, the API serves the Web UI on ARTENIC_TEMPORAL_UI_PORT to users who are signed in to the dashboard. The Web UI itself has no sign-in and accepts any `Host` and `Origin`. */
  ARTENIC_TEMPORAL_UI_UPSTREAM: z.url().optional(),
  /** Port of the Web UI behind sign-in, on ARTENIC_API_HOST. */
  ARTENIC_TEMPORAL_UI_PORT: port.default(8233),
  /** Longest body of an upload in one request, in MB (1,000,000 bytes). Larger files are uploaded in pieces, which can be resumed. */
  ARTENIC_MAX_UPLOAD_SIZE_MB: z.coerce.number().int().min(1).max(1_000_000).default(500),
  /** Longest file that is uploaded in pieces, in MB. */
  ARTENIC_MAX_RESUMABLE_UPLOAD_SIZE_MB: z.coerce.number().int().min(1).max(1_000_000_000).default(1_000_000),
  /** Endings of file names that datasets accept, without the dot, separated by commas (`csv,csv.gz,parquet`). If not set: all. */
  ARTENIC_UPLOAD_EXTENSIONS: z
    .string()
    .default('')
    .transform((text, context) => {
      const endings = listOf(text).map((ending) => ending.toLowerCase());
      const wrong = endings.find((ending) => !/^[a-z0-9][a-z0-9._-]{0,31}$/.test(ending));
      if (wrong !== undefined)
        context.addIssue({ code: 'custom', message: `"${wrong}" is not an ending as csv or tar.gz` });
      return endings;
    }),
  /** `portable`: datasets refuse file names that Windows does not store (`aux.txt`, `a:b`, a dot at the end). `any`: they accept them. */
  ARTENIC_UPLOAD_NAMES: z.enum(nameRules).default('any'),
  /** Interval at which expired records and objects are removed ([retention](retention.md)). */
  ARTENIC_COLLECT_MS: milliseconds.default(600_000),
  /** Days for which logs, histories and decisions of a job are kept after its end. Fewer days save space. */
  ARTENIC_KEEP_DETAILS_DAYS: z.coerce.number().min(1).default(90),
  /** Days for which an ended job is kept with its attempts and outputs. A job that produced a model version is kept as long as the version. */
  ARTENIC_KEEP_JOBS_DAYS: z.coerce.number().min(1).default(365),
  /** Tag of this installation's instances in every cloud. Installations that share a cloud account need different values: with the same value each terminates the other's instances. */
  ARTENIC_CLOUD_NAMESPACE: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower-case letters, digits and "-", at most 32')
    .default('artenic'),
  /** File with the bundled runner for rented machines. If not set, it is built at the first launch. Container images set it, so that they need no compiler. */
  ARTENIC_RUNNER_BUNDLE: z.string().optional(),
  /** Secrets with which external systems sign signals ([signals](../signals.md)): `whsec_` and 24 to 64 bytes as base64; several, separated by commas, during a rotation. If not set, signals need an API key. */
  ARTENIC_WEBHOOK_SECRETS: z
    .string()
    .default('')
    .transform((text, context) =>
      listOf(text).flatMap((secret) => {
        const key = webhookKeyOf(secret);
        if (key === null) context.addIssue({ code: 'custom', message: '`whsec_` and 24 to 64 bytes as base64' });
        return key === null ? [] : [key];
      }),
    ),
  /** Interval of a runner's heartbeats, which also bring it stops and signals. A lower value cancels faster; a higher one causes fewer requests. */
  ARTENIC_HEARTBEAT_MS: milliseconds.default(1000),
  /** Time without a report from a runner after which its machine is terminated and the job continues elsewhere. Time in which the API was not reachable does not count. A lower value limits the cost of a hung machine; a higher one tolerates longer network partitions. At least five heartbeats. */
  ARTENIC_SILENT_AFTER_MS: milliseconds.default(600_000),
  /** Maximum time from a machine's launch until its runner connects. If not set: the limit of each provider, 5 minutes for the local one. */
  ARTENIC_HELLO_WITHIN_MS: milliseconds.optional(),
  /** Queues that this worker serves, separated by commas: `control` (workflows, rows, schedules), `data` (files of datasets) and names of providers, which need their credentials ([worker roles](../worker-roles.md)). If not set: all that are configured. Several hosts may serve `local`; each manages the instances in its own ARTENIC_HOME. Leave `local` out on hosts that must not run trainings. */
  ARTENIC_WORKER_QUEUES: z.string().default(''),
  /** Interval at which the relay looks for jobs without a workflow. Limits how late a job starts after an outage of Temporal. */
  ARTENIC_RELAY_MS: milliseconds.default(2000),
  /** Interval at which each provider's instances are compared with rows and workflows. A lower value finds leaks sooner; a higher one makes fewer calls to the provider. */
  ARTENIC_RECONCILE_MS: milliseconds.min(1000).default(60_000),
  /** Interval at which offers and prices of each provider are refreshed; where there are spot machines, only their prices, and everything every five minutes. Launches use offers of the last 15 minutes. */
  ARTENIC_CATALOG_MS: milliseconds.min(1000).max(600_000).default(60_000),
  /** Grace period of an orphaned instance before it is terminated. Must exceed the 180 s that a launch call may take; lower it for tests only. */
  ARTENIC_RECONCILE_GRACE_MS: milliseconds.default(240_000),
  /** Interval at which the histories of settled jobs are copied to object storage. Any value below Temporal's retention period is sufficient. */
  ARTENIC_HISTORY_MS: milliseconds.default(15_000),
  /** Time that a stopping process waits for its work to finish. Must be shorter than the time after which the supervisor kills it. */
  ARTENIC_SHUTDOWN_GRACE_MS: milliseconds.default(5000),
  /** Port of the worker's health endpoint (`/livez`, `/readyz`). */
  ARTENIC_WORKER_HEALTH_PORT: port.default(7401),
  /** Days for which Temporal keeps closed workflows. If set, workers set the namespace's retention to it. If not set: the retention of an existing namespace stays as it is, and a new namespace gets 30 days. */
  ARTENIC_TEMPORAL_RETENTION_DAYS: z.coerce.number().int().min(1).max(3650).optional(),
  /** Address, as `127.0.0.1:9464`, on which a worker serves the metrics of Temporal's SDK (slots, latencies, cache) to Prometheus, without sign-in. If not set: no metrics. */
  ARTENIC_TEMPORAL_METRICS_ADDRESS: z
    .string()
    .regex(/^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:]+\]):\d{1,5}$/i, 'an IP address and a port, as 127.0.0.1:9464')
    .optional(),
  /** File with the prebuilt workflow bundle. If not set, it is built at the start. Container images set it, so that they need no compiler. With traces, the file beside it whose name ends with `-traced.js` is loaded. */
  ARTENIC_WORKFLOW_BUNDLE: z.string().optional(),
  /** `on`: the API logs each request at level `info`, except probes and the frequent requests of runners. `off`: at level `debug`. */
  ARTENIC_ACCESS_LOG: z.enum(['on', 'off']).default('off'),
  /** `trace`, `debug`, `info`, `warn` or `error`. */
  ARTENIC_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

export type Config = z.output<typeof configSchema>;

/** Options that only mean something together. */
const checkedSchema = configSchema.superRefine((config, context) => {
  for (const [option, message] of temporalTlsGaps(config))
    context.addIssue({ code: 'custom', path: [option], message });
});

const ownNames: readonly string[] = Object.keys(configSchema.shape);
/** Names of all options by the file that explains them, for the documentation. */
export const optionsByFile: ReadonlyMap<string, readonly string[]> = new Map([
  ['workers/config.ts', ownNames],
  ...[...providerModules].map(
    ([name, { optionNames }]) => [`activities/providers/${name}/config.ts`, optionNames] as const,
  ),
]);

/** Reads the environment; throws one error that names every wrong option. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = checkedSchema.safeParse(present);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`The configuration is wrong:\n${lines.join('\n')}`);
}

/** Interval at which runners send new logs and metrics. */
export const shipIntervalMs = 250;

export function silenceSettingsOf(config: Config): SilenceSettings {
  return {
    // One or two heartbeats may be lost on their way.
    silentAfterMs: Math.max(config.ARTENIC_SILENT_AFTER_MS, 5 * config.ARTENIC_HEARTBEAT_MS),
    helloWithinMs: config.ARTENIC_HELLO_WITHIN_MS ?? null,
    helloWithinMsByProvider: new Map([...providerModules].map(([name, module]) => [name, module.helloWithinMs])),
  };
}

/** URL of the API as runners reach it. */
export function apiUrlOf(config: Config): string {
  return config.ARTENIC_API_URL ?? `http://127.0.0.1:${config.ARTENIC_API_PORT}`;
}

export function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

export function uploadRulesOf(config: Config): UploadRules {
  return {
    requestBytes: config.ARTENIC_MAX_UPLOAD_SIZE_MB * 1_000_000,
    resumableBytes: config.ARTENIC_MAX_RESUMABLE_UPLOAD_SIZE_MB * 1_000_000,
    extensions: config.ARTENIC_UPLOAD_EXTENSIONS,
    names: config.ARTENIC_UPLOAD_NAMES,
  };
}

/** Retention periods of the configuration. */
export function periodsOf({ ARTENIC_KEEP_DETAILS_DAYS, ARTENIC_KEEP_JOBS_DAYS }: Config): Periods {
  const dayMs = 24 * 3_600_000;
  return {
    ...defaultPeriods,
    detailsMs: ARTENIC_KEEP_DETAILS_DAYS * dayMs,
    jobsMs: ARTENIC_KEEP_JOBS_DAYS * dayMs,
  };
}
