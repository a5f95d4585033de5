import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { signInLinkSchema } from '@artenic/core';
import { writeWhole } from '@artenic/core/write-whole';
import { makeKey } from '../app/access/keys.ts';
import { ArtenicError, messageOf } from '../core/errors.ts';
import { findTemporalCli } from '../scripts/temporal-cli.mjs';
import { runDemo } from './up/demo.ts';
import { endEarlierPostgres } from './up/postgres/earlier.ts';
import {
  choosePorts,
  homeFolder,
  keptSecret,
  leaveHome,
  openHome,
  randomPassword,
  randomSecret,
  takeHome,
  type Home,
  type Ports,
} from './up/home.ts';
import { refuseTlsOfNobody } from './temporal/tls.ts';
import { findPostgresBinaries } from './up/postgres/binaries.ts';
import { knownDataFolder, placePostgres } from './up/postgres/place.ts';
import { serverUser, type ServerUser } from './up/postgres/user.ts';
import {
  apiComponent,
  embeddedDatabaseUrl,
  postgresComponent,
  temporalComponent,
  workerComponent,
} from './up/stack.ts';
import { stopLocalInstances } from './up/stop-instances.ts';
import { chooseTemporalHttp, type TemporalHttp } from './up/temporal-server.ts';
import { endLeftovers, Supervisor, type Component } from './up/supervisor.ts';

// Files of this process are readable by its own user only.
process.umask(0o077);

const root = fileURLToPath(new URL('../', import.meta.url));
const startedMs = Date.now();

function say(line: string): void {
  process.stdout.write(`[${((Date.now() - startedMs) / 1000).toFixed(1).padStart(5)} s] ${line}\n`);
}

/** Prints the folders of root's PostgreSQL, because they are outside the state folder. */
function sayWherePostgresIs(data: string, user: ServerUser): void {
  if (user === null) return;
  const programs = dirname(dirname(findPostgresBinaries(user).postgres));
  say(`PostgreSQL does not run as root: its data is in ${data}, its programs in ${programs}`);
}

type Plan = { readonly components: readonly (readonly [Component, string])[]; readonly endpoints: Endpoints };
type Endpoints = {
  readonly api: string;
  readonly dashboard: string;
  readonly docs: string;
  readonly temporalUi: string | null;
  readonly temporalAddress: string;
  readonly databaseUrl: string;
};

type Place = ReturnType<typeof placePostgres>;

/** PostgreSQL's data folder, moved if necessary; null: DATABASE_URL names a server. */
async function preparePostgres(home: Home): Promise<Place | null> {
  if (process.env['DATABASE_URL']) return null;
  for (const folder of new Set([home.file('postgres'), knownDataFolder(home)])) await endEarlierPostgres(folder);
  const user = serverUser();
  const place = placePostgres(home, user, say);
  sayWherePostgresIs(place.folder, user);
  return place;
}

function plan(home: Home, ports: Ports, postgres: Place | null, http: TemporalHttp): Plan {
  const password = keptSecret(home.file('postgres.password'), randomPassword);
  const pepper = keptSecret(home.file('pepper'), randomSecret);
  const adminKey = keptSecret(home.file('admin.key'), makeKey);
  const ownTemporal = process.env['TEMPORAL_ADDRESS'] || undefined;
  const api = `http://127.0.0.1:${ports.api}`;
  const endpoints: Endpoints = {
    api,
    dashboard: `${api}/`,
    docs: `${api}/docs`,
    temporalUi: ownTemporal === undefined ? `http://127.0.0.1:${ports.temporalUi}` : null,
    temporalAddress: ownTemporal ?? `127.0.0.1:${ports.temporal}`,
    databaseUrl: process.env['DATABASE_URL'] || embeddedDatabaseUrl(ports.postgres, password),
  };
  const environment = {
    DATABASE_URL: endpoints.databaseUrl,
    TEMPORAL_ADDRESS: endpoints.temporalAddress,
    ARTENIC_HOME: home.folder,
    ARTENIC_API_PORT: String(ports.api),
    ARTENIC_API_URL: api,
    ARTENIC_WORKER_HEALTH_PORT: String(ports.workerHealth),
    ARTENIC_KEY_PEPPER: pepper,
    ARTENIC_ADMIN_KEY_FILE: home.file('admin.key'),
    // Code is compiled once, which halves the start of every runner, model host and restarted part.
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(home.folder, 'cache', 'node'),
    ...(endpoints.temporalUi === null
      ? {}
      : {
          // The namespace of Temporal's dev server keeps closed workflows for a day.
          ARTENIC_TEMPORAL_RETENTION_DAYS: process.env['ARTENIC_TEMPORAL_RETENTION_DAYS'] ?? '30',
          ARTENIC_TEMPORAL_UI_URL: endpoints.temporalUi,
          ARTENIC_TEMPORAL_UI_UPSTREAM: `http://${http.uiHost}:${http.uiPort}`,
          ARTENIC_TEMPORAL_UI_PORT: String(ports.temporalUi),
        }),
  };
  const servers: (readonly [Component, string])[] = [];
  if (postgres !== null) {
    servers.push([
      postgresComponent(home, postgres, ports.postgres, password),
      `PostgreSQL on 127.0.0.1:${ports.postgres}`,
    ]);
  }
  if (ownTemporal === undefined) {
    const { path: program, problem } = findTemporalCli(root, say);
    if (program === null) throw new ArtenicError('unavailable', problem);
    servers.push([temporalComponent(home, ports.temporal, http, program), `Temporal on ${endpoints.temporalAddress}`]);
  }
  const worker = workerComponent({
    ...{ home, environment, ports: [ports.workerHealth], healthPort: ports.workerHealth },
  });
  const apiServer = apiComponent({
    ...{ home, environment, url: api, adminKey },
    ports: [ports.api, ...(ownTemporal === undefined ? [ports.temporalUi] : [])],
  });
  return { components: [...servers, [worker, 'Worker'], [apiServer, `API on ${api}`]], endpoints };
}

const linkLasts = 'works once, for 15 minutes; another one: npx artenic dashboard';

/** A sign-in link. Browsers do not send the part behind the #. */
async function signInLink(home: Home, api: string): Promise<string> {
  try {
    const response = await fetch(`${api}/api/v1/session/links`, {
      method: 'POST',
      headers: { authorization: `Bearer ${readFileSync(home.file('admin.key'), 'utf8').trim()}` },
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`the API returned ${response.status}`);
    const { token } = signInLinkSchema.parse(await response.json());
    return `${api}/sign-in#token=${token} (${linkLasts})`;
  } catch (error) {
    return `${api}/ (sign in with the API key; no link: ${messageOf(error)})`;
  }
}

/** The last lines of a start: how to sign in, where the key is, and what to do next. */
async function sayWhatIsNext(home: Home, api: string): Promise<void> {
  say(`Open:    ${await signInLink(home, api)}`);
  say(`API key: ${home.file('admin.key')}`);
  say('Next:    npx artenic jobs dispatch examples/python-plain/artenic.yaml --watch');
}

/** Most tries to start. A try uses other ports if one was taken while the stack started. */
const mostTries = 5;

/** One try to start, with one choice of ports. */
type Attempt = Plan & {
  readonly supervisor: Supervisor;
  /** Publishes where everything listens, now and after each change. */
  readonly publish: () => void;
};

function makeAttempt(home: Home, postgres: Place | null, ports: Ports, http: TemporalHttp): Attempt {
  const { components, endpoints } = plan(home, ports, postgres, http);
  let isPublished = false;
  let processes: Readonly<Record<string, number>> = {};
  const write = () =>
    writeWhole(
      home.file('endpoints.json'),
      JSON.stringify({ ...endpoints, processes: { supervisor: process.pid, ...processes } }, null, 2),
    );
  const supervisor = new Supervisor({
    recordFile: home.file('processes.json'),
    say,
    onChange: (changed) => {
      processes = changed;
      if (isPublished) write();
    },
  });
  const publish = () => {
    isPublished = true;
    write();
  };
  return { components, endpoints, supervisor, publish };
}

/** PostgreSQL and Temporal are independent of each other; worker and API need both. */
async function startAll({ components, supervisor }: Attempt): Promise<void> {
  for (const group of [components.slice(0, -2), components.slice(-2)])
    await Promise.all(
      group.map(([component, sentence]) => supervisor.start(component).then(() => say(`${sentence} is ready`))),
    );
}

async function main(): Promise<void> {
  refuseTlsOfNobody(process.env);
  const { values } = parseArgs({ options: { 'no-demo': { type: 'boolean', default: false } } });
  const home = openHome(homeFolder());
  takeHome(home);
  const left = await endLeftovers(home.file('processes.json'));
  if (left.length > 0) say(`ended what an earlier start left behind: ${left.join(', ')}`);
  const postgres = await preparePostgres(home);
  const first = await choosePorts(home);
  first.replaced.forEach(say);
  let attempt = makeAttempt(home, postgres, first.ports, await chooseTemporalHttp());

  const interrupted = new AbortController();
  const stop = async (why: string, exitCode: number): Promise<never> => {
    say(why);
    interrupted.abort();
    const stopped = await stopLocalInstances(home.folder);
    if (stopped > 0)
      say(`${stopped} training${stopped > 1 ? 's' : ''} stopped at a checkpoint; the next start resumes from it`);
    await attempt.supervisor.stop();
    leaveHome(home);
    say('stopped, nothing left running');
    process.exit(exitCode);
  };
  let signals = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (signals++ === 0) void stop('stopping …', name === 'SIGINT' ? 130 : 0);
    });
  }

  for (let tries = 1; ; tries++) {
    try {
      await startAll(attempt);
      break;
    } catch (error) {
      if (interrupted.signal.aborted) return;
      await attempt.supervisor.stop();
      // Ports are bound seconds after they were found free. This stack has stopped, so a busy port belongs to another
      // program.
      const next = await choosePorts(home);
      if (interrupted.signal.aborted) return;
      if (next.replaced.length === 0 || tries === mostTries) await stop(messageOf(error), 1);
      say(messageOf(error));
      next.replaced.forEach(say);
      attempt = makeAttempt(home, postgres, next.ports, await chooseTemporalHttp());
    }
  }
  const { endpoints } = attempt;
  attempt.publish();
  say(
    `ready: API ${endpoints.api} · docs ${endpoints.docs} · Temporal Web UI ${endpoints.temporalUi ?? 'your own'} · key in ${home.file('admin.key')}`,
  );
  if (!values['no-demo']) {
    say(`dashboard: ${await signInLink(home, endpoints.api)}`);
    try {
      await runDemo({ root, home, endpoints, say, signal: interrupted.signal });
    } catch (error) {
      if (!interrupted.signal.aborted) say(`first job failed: ${messageOf(error)}`);
    }
  }
  if (!interrupted.signal.aborted) await sayWhatIsNext(home, endpoints.api);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`artenic: ${messageOf(error)}\n`);
  process.exit(1);
}
