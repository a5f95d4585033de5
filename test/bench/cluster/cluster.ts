import { spawn } from 'node:child_process';
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { makeKey } from '../../../app/access/keys.ts';
import { freePort } from '../../../workers/up/ports.ts';
import { answers, ask } from '../../chaos/cloud/http.ts';
import { Part } from '../../chaos/cloud/part.ts';
import { buildWorkflowBundle } from '../../../workers/temporal/workflow-bundle.ts';
import { compileCache } from '../../support/compile-cache.ts';
import { poll } from '../../support/poll.ts';
import { processesWith } from '../../support/processes.ts';

const replicas = 3;
const readyMs = 600_000;
const programs = {
  api: fileURLToPath(new URL('../../../workers/api.ts', import.meta.url)),
  worker: fileURLToPath(new URL('../../../workers/worker.ts', import.meta.url)),
} as const;

type Options = {
  readonly temporalAddress: string;
  readonly databaseUrl: string;
  readonly environment: Readonly<Record<string, string>>;
};
type Member = { readonly part: Part; readonly readyUrl: string };

/** APIs and workers of a platform; each worker has its own API for the machines that it launches. */
export class Cluster {
  readonly #home = mkdtempSync(join(tmpdir(), 'artenic-cluster-'));
  readonly #adminKey = makeKey();
  readonly #members: Member[] = [];
  readonly #apiUrls: string[] = [];
  readonly #database: pg.Pool;

  private constructor(databaseUrl: string) {
    this.#database = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  }

  static async start(options: Options): Promise<Cluster> {
    const cluster = new Cluster(options.databaseUrl);
    try {
      await cluster.#start(options);
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  async #start({ temporalAddress, databaseUrl, environment }: Options): Promise<void> {
    writeFileSync(join(this.#home, 'admin.key'), this.#adminKey, { mode: 0o600 });
    // as an image has it: a start compiles nothing
    const bundle = join(this.#home, 'workflows.js');
    writeFileSync(bundle, await buildWorkflowBundle({ isTraced: false }));
    const shared = {
      ...environment,
      NODE_COMPILE_CACHE: compileCache(),
      ARTENIC_WORKFLOW_BUNDLE: bundle,
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: temporalAddress,
      ARTENIC_HOME: this.#home,
      ARTENIC_KEY_PEPPER: randomBytes(32).toString('base64'),
      ARTENIC_ADMIN_KEY_FILE: join(this.#home, 'admin.key'),
      ARTENIC_RECONCILE_MS: '10000',
      ARTENIC_LOG_LEVEL: 'warn',
    };
    for (let index = 0; index < replicas; index++) {
      const [port, healthPort] = [await freePort(), await freePort()];
      const apiUrl = `http://127.0.0.1:${port}`;
      const own = {
        ...shared,
        ARTENIC_API_PORT: String(port),
        ARTENIC_API_URL: apiUrl,
        ARTENIC_WORKER_HEALTH_PORT: String(healthPort),
      };
      this.#apiUrls.push(apiUrl);
      this.#members.push({ part: this.#part('api', index, own), readyUrl: `${apiUrl}/readyz` });
      const readyUrl = `http://127.0.0.1:${healthPort}/readyz`;
      this.#members.push({ part: this.#part('worker', index, own), readyUrl });
    }
    for (const { part } of this.#members) part.up();
    await this.ready();
  }

  #part(name: 'api' | 'worker', index: number, environment: Readonly<Record<string, string>>): Part {
    const start = () => {
      const log = openSync(join(this.#home, `${name}-${index}.log`), 'a', 0o600);
      try {
        return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', programs[name]], {
          stdio: ['ignore', log, log],
          env: { ...process.env, NODE_OPTIONS: '', ...environment },
        });
      } finally {
        closeSync(log);
      }
    };
    return new Part(`${name}-${index}`, start, 'SIGTERM');
  }

  /** Resolves when every process reports ready. */
  async ready(): Promise<void> {
    await Promise.all(this.#members.map(({ part, readyUrl }) => poll(part.name, readyMs, () => answers(readyUrl))));
  }

  killOne(): void {
    this.#members[randomInt(this.#members.length)]?.part.kill();
  }

  /** Submits through the APIs in turn, under the same idempotency key until it is answered. */
  async submit(index: number, job: object): Promise<void> {
    const headers = { 'idempotency-key': randomUUID() };
    let turn = index;
    await poll('a submit', readyMs, async () => {
      const url = this.#apiUrls[turn++ % this.#apiUrls.length] ?? '';
      const answer = await ask(`${url}/api/v1/jobs`, 'POST', this.#adminKey, job, headers);
      if (answer !== null && answer.status >= 400 && answer.status < 500 && answer.status !== 409)
        throw new Error(`${answer.status}: ${answer.text}`);
      return answer?.status === 202 ? true : null;
    });
  }

  async ended(): Promise<number> {
    const { rows } = await this.#database.query<{ n: number }>(
      'select count(*)::int as n from jobs where finished_at is not null',
    );
    return rows[0]?.n ?? 0;
  }

  /** Number of jobs by final state, and number of jobs that were reported as ended more than once. */
  async outcome(): Promise<{ readonly states: readonly { state: string; n: number }[]; readonly endedTwice: number }> {
    const { rows: states } = await this.#database.query<{ state: string; n: number }>(
      'select state, count(*)::int as n from jobs group by state order by state',
    );
    const { rows } = await this.#database.query<{ n: number }>(
      `select count(*)::int as n from (select subject from events where kind = 'job.state'
         and data->>'state' in ('succeeded', 'failed', 'cancelled', 'timed-out')
         group by subject having count(*) > 1) as twice`,
    );
    return { states, endedTwice: rows[0]?.n ?? 0 };
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ part }) => part.down('SIGKILL')));
    for (const pid of processesWith(this.#home)) process.kill(pid, 'SIGKILL');
    await this.#database.end();
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
