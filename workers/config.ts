import { z } from 'zod';
import { providerModules } from '../activities/providers/registry.ts';
import { webhookKeyOf } from '../app/signals/webhook-signature.ts';
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
  /** PostgreSQL, as `postgresql://user:password@host:port/database`. `npm start` fills it in from its embedded server. */
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'a URL that starts with postgresql://'),
  /** Temporal's front end, as host:port. */
  TEMPORAL_ADDRESS: z.string().min(1).default('127.0.0.1:7233'),
  /** Temporal namespace; made when missing. One per installation that shares a server. */
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  /** `true`: speak TLS with Temporal, `false`: do not. Absent: TLS when one of the options below is there. */
  TEMPORAL_TLS: z.enum(['true', 'false']).optional(),
  /** PEM file with the certificates that may have signed Temporal's; the public authorities when absent. */
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: z.string().optional(),
  /** Name that Temporal's certificate must have, where it is not the host of TEMPORAL_ADDRESS. */
  TEMPORAL_TLS_SERVER_NAME: z.string().optional(),
  /** PEM file with the certificate by which API and worker say who they are. Read at the start, as all of these files. */
  TEMPORAL_TLS_CLIENT_CERT_PATH: z.string().optional(),
  /** PEM file with the private key of TEMPORAL_TLS_CLIENT_CERT_PATH. */
  TEMPORAL_TLS_CLIENT_KEY_PATH: z.string().optional(),
  /** File with an API key, which is sent with each call to Temporal. */
  TEMPORAL_API_KEY_FILE: z.string().optional(),
  /** Folder of everything that is not in PostgreSQL or Temporal: objects, instances of the local provider, logs. */
  ARTENIC_HOME: z.string().min(1).default('.artenic'),
  /**
   * Where objects are: `file:///folder`, or `s3://bucket/prefix?region=…` with `endpoint=https://…`, `path-style=true` and `public-endpoint=https://…` for other servers than AWS's ([object storage](../storage.md)). The folder `objects` in ARTENIC_HOME when absent. Credentials come from AWS's own chain, never from here.
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
  /** `shared`: runners on this machine use a storage folder directly. `signed`: they too get signed requests only, as when they run as another user or in a container. */
  ARTENIC_RUNNER_STORAGE: z.enum(['shared', 'signed']).default('shared'),
  /** Address the API listens on. Anything but loopback needs ARTENIC_ALLOWED_HOSTS. */
  ARTENIC_API_HOST: z.string().min(1).default('127.0.0.1'),
  /** Port the API listens on; `npm start` takes a free one when it is busy. */
  ARTENIC_API_PORT: port.default(7400),
  /** URL under which runners reach the API; from other machines set the public one. */
  ARTENIC_API_URL: z.url().optional(),
  /** URL under which browsers reach the API behind a proxy. With https the session's cookie is `Secure` and named `__Host-…`. Its host and origin are allowed. */
  ARTENIC_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Host names besides loopback that requests may carry, separated by commas. Guards against DNS rebinding. */
  ARTENIC_ALLOWED_HOSTS: z.string().default(''),
  /** Origins besides the API's own whose pages may call the API, with an API key and never with a session, separated by commas (`https://tools.example.org`). */
  ARTENIC_ALLOWED_ORIGINS: z.string().default(''),
  /** Addresses or networks of proxies in front of the API, separated by commas (`10.0.0.0/8`): only their `X-Forwarded-For` is believed. The limits of routes without a key count by address: without it, all callers behind a proxy share one limit. */
  ARTENIC_TRUSTED_PROXIES: z.string().default(''),
  /** Processes of one model under load, and half of those of all models together. Absent: as many as there are cores, of which the last one is used only by models that take 2.5 ms or more for 32 rows. Lower it to keep cores for trainings. */
  ARTENIC_MODEL_PROCESSES: z.coerce.number().int().min(1).optional(),
  /** Base URLs of servers that speak the Open Inference Protocol v2 and may run models that are not ONNX, separated by commas. */
  ARTENIC_INFERENCE_SERVERS: z.string().default(''),
  /** Modules of Python, separated by commas, that registered pickles may import (`sklearn,numpy`). Modules that are known to run code are refused even then. */
  ARTENIC_PICKLE_MODULES: z.string().default(''),
  /** Secret of at least 32 bytes (base64) under which tokens and API keys are hashed. Changing it revokes all of them. */
  ARTENIC_KEY_PEPPER: z.string().transform((text, context) => {
    const bytes = Buffer.from(text, 'base64');
    if (bytes.length < 32) context.addIssue({ code: 'custom', message: 'at least 32 bytes as base64' });
    return new Uint8Array(bytes);
  }),
  /** File with an API key that gets the admin role at start; `npm start` makes one. Absent: keys must be in the database already. */
  ARTENIC_ADMIN_KEY_FILE: z.string().optional(),
  /** Temporal's Web UI as browsers reach it, for the dashboard's links to a job's workflow. `npm start` fills it in. */
  ARTENIC_TEMPORAL_UI_URL: z.url().optional(),
  /** Temporal's Web UI as the API reaches it. With it the API listens on ARTENIC_TEMPORAL_UI_PORT, too, and passes on what people ask who are signed in to the dashboard: the UI itself knows no users and takes any `Host` and `Origin`. */
  ARTENIC_TEMPORAL_UI_UPSTREAM: z.url().optional(),
  /** Port of the guarded Web UI, on ARTENIC_API_HOST. */
  ARTENIC_TEMPORAL_UI_PORT: port.default(8233),
  /** How often what has served its time is removed ([retention](retention.md)). */
  ARTENIC_COLLECT_MS: milliseconds.default(600_000),
  /** Days for which logs, histories and decisions of a job are kept after its end. Less saves space; what is gone cannot be looked at any more. */
  ARTENIC_KEEP_DETAILS_DAYS: z.coerce.number().min(1).default(90),
  /** Days for which an ended job is kept with its attempts and outputs. A job that a model version names is kept as long as the version. */
  ARTENIC_KEEP_JOBS_DAYS: z.coerce.number().min(1).default(365),
  /** Marks our instances at every cloud. One per installation: two that share an account and this name end each other's instances. */
  ARTENIC_CLOUD_NAMESPACE: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower-case letters, digits and "-", at most 32')
    .default('artenic'),
  /** The runner as one file, for rented machines; built at the first launch when absent. Images set it so that this needs no compiler. */
  ARTENIC_RUNNER_BUNDLE: z.string().optional(),
  /** Secrets by which signals from outside are signed ([signals](../signals.md)): `whsec_` and 24 to 64 bytes as base64, several separated by commas while a secret is rotated. None by default: signals then need an API key. */
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
  /** How often a runner sends a heartbeat and hears of stops and signals. Lower: faster cancel; higher: fewer requests. */
  ARTENIC_HEARTBEAT_MS: milliseconds.default(1000),
  /** How long a runner may give no sign of life before its machine is ended and the job goes on elsewhere. Only time in which the API was reachable counts. Lower: a hung machine costs less; higher: a partition is waited out. At least five heartbeats. */
  ARTENIC_SILENT_AFTER_MS: milliseconds.default(600_000),
  /** How long a machine may take from its launch to its runner's hello. Absent: each provider's own limit, 5 minutes on this machine. */
  ARTENIC_HELLO_WITHIN_MS: milliseconds.optional(),
  /** Queues that this worker serves, separated by commas: `control` (workflows, rows, schedules) and names of providers, each with the credentials of that one ([worker roles](../worker-roles.md)). Everything that is configured by default. Several hosts may serve `local`: each sees to its own instances, by its home. A host that is to run no trainings leaves `local` out. */
  ARTENIC_WORKER_QUEUES: z.string().default(''),
  /** How often the relay looks for jobs without a workflow. Bounds how late a job starts after Temporal was down. */
  ARTENIC_RELAY_MS: milliseconds.default(2000),
  /** How often each provider's list is compared with rows and workflows. Lower: leaks are found sooner; higher: fewer calls to the provider. */
  ARTENIC_RECONCILE_MS: milliseconds.min(1000).default(60_000),
  /** How often each provider is asked what it offers and what it costs; a provider with spot machines is asked for their prices, and every five minutes for all. Launches are decided by the answers of the last 15 minutes. */
  ARTENIC_CATALOG_MS: milliseconds.min(1000).max(600_000).default(60_000),
  /** How long an instance that nobody owns is left alone before it is terminated. Must be longer than the 180 s that one call to launch may take; lower it for tests only. */
  ARTENIC_RECONCILE_GRACE_MS: milliseconds.default(240_000),
  /** How often the histories of settled jobs are put into object storage. Any value below Temporal's retention does. */
  ARTENIC_HISTORY_MS: milliseconds.default(15_000),
  /** How long a stopping process waits for work in flight. Must be shorter than the supervisor's own patience. */
  ARTENIC_SHUTDOWN_GRACE_MS: milliseconds.default(5000),
  /** Address of the worker's health endpoint (`/livez`, `/readyz`). */
  ARTENIC_WORKER_HEALTH_PORT: port.default(7401),
  /** Address, as `127.0.0.1:9464`, at which a worker shows the metrics of Temporal's SDK (slots, latencies, cache) to Prometheus, to everybody who reaches it. None by default. */
  ARTENIC_TEMPORAL_METRICS_ADDRESS: z
    .string()
    .regex(/^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:]+\]):\d{1,5}$/i, 'an IP address and a port, as 127.0.0.1:9464')
    .optional(),
  /** Prebuilt workflow bundle; built at start when absent. Images set it so that a start needs no compiler. With traces the file beside it whose name ends with `-traced.js` is loaded. */
  ARTENIC_WORKFLOW_BUNDLE: z.string().optional(),
  /** `on`: the API writes a line for each request at level `info`, but for those of probes and for what runners send every moment. Otherwise at `debug`. */
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

/** Retention periods of the configuration. */
export function periodsOf({ ARTENIC_KEEP_DETAILS_DAYS, ARTENIC_KEEP_JOBS_DAYS }: Config): Periods {
  const dayMs = 24 * 3_600_000;
  return {
    ...defaultPeriods,
    detailsMs: ARTENIC_KEEP_DETAILS_DAYS * dayMs,
    jobsMs: ARTENIC_KEEP_JOBS_DAYS * dayMs,
  };
}
