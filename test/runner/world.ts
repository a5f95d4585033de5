import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  attemptMarkerVariable,
  completionMarkerSchema,
  jobSpecSchema,
  objectKeys,
  type Bootstrap,
  type CheckpointManifest,
  type CompletionMarker,
  type JobSpecInput,
} from '@artenic/core';
import { create } from 'tar';
import { compileCache } from '../support/compile-cache.ts';
import { poll } from '../support/poll.ts';
import { processesWith } from '../support/processes.ts';
import { FakeApi, type Stream } from './fake-api.ts';

const runnerEntry = fileURLToPath(new URL('../../runner/main.ts', import.meta.url));

export type AttemptOptions = {
  readonly job: Omit<JobSpecInput, 'service'>;
  readonly attempt?: number;
  readonly jobId?: string;
  readonly checkpoints?: readonly CheckpointManifest[];
  readonly secrets?: Readonly<Record<string, string>>;
  readonly stopAt?: Date;
  readonly environment?: Readonly<Record<string, string>>;
  readonly isApiUp?: boolean;
  readonly bootstrap?: Partial<Bootstrap>;
  /** Content of the bootstrap file in place of the whole bootstrap. */
  readonly file?: (bootstrap: Bootstrap) => object;
  readonly prepare?: (api: FakeApi) => void;
};

/** Environment of the runner that is not passed on to commands. */
const sparing = (): Readonly<Record<string, string>> => ({ NODE_COMPILE_CACHE: compileCache() });

/** A started runner, and the fake API that it talks to. */
export class Attempt {
  readonly api: FakeApi;
  readonly id: string;
  readonly bootstrap: Bootstrap;
  readonly folder: string;
  readonly file: string;
  readonly child: ChildProcess;
  readonly #console: string[] = [];
  readonly #exited: Promise<number | null>;

  constructor(
    api: FakeApi,
    bootstrap: Bootstrap,
    environment: Readonly<Record<string, string>>,
    file: object = bootstrap,
  ) {
    this.api = api;
    this.id = bootstrap.attemptId;
    this.bootstrap = bootstrap;
    this.folder = bootstrap.workDir;
    this.file = join(dirname(bootstrap.workDir), `${bootstrap.attempt}-${randomUUID()}.json`);
    writeFileSync(this.file, JSON.stringify(file), { mode: 0o600 });
    this.child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', runnerEntry, this.file], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('PIP_'))),
        ...sparing(),
        ARTENIC_KEY_PEPPER: 'must not be passed on',
        ...environment,
        [attemptMarkerVariable]: bootstrap.attemptId,
      },
    });
    this.child.stderr?.on('data', (chunk: Buffer) => this.#console.push(chunk.toString()));
    this.#exited = once(this.child, 'exit').then(([code]) => code as number | null);
  }

  get console(): string {
    return this.#console.join('');
  }
  /** The runner's exit code; leftover processes would be a bug. */
  async end(timeoutMs = 60_000): Promise<number | null> {
    await poll('the runner to end', timeoutMs, () =>
      this.child.exitCode !== null || this.child.signalCode !== null ? true : null,
    );
    const code = await this.#exited;
    await poll('no process of the attempt', 10_000, () => (this.processes().length === 0 ? true : null));
    return code;
  }
  /** Kills the runner like a crash; returns when no process of the attempt runs any more. */
  async crash(): Promise<void> {
    this.child.kill('SIGKILL');
    await poll('no process of the attempt', 10_000, () => (this.processes().length === 0 ? true : null));
  }
  /** Delivers the data that a killed runner left; started like by a provider. */
  drain(): { readonly child: ChildProcess; readonly exitCode: Promise<number | null> } {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', runnerEntry, '--drain', this.file],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { PATH: process.env['PATH'], ...sparing() },
      },
    );
    child.stderr?.on('data', (chunk: Buffer) => this.#console.push(chunk.toString()));
    return { child, exitCode: once(child, 'exit').then(([code]) => code as number | null) };
  }
  processes(): readonly number[] {
    return processesWith(`${attemptMarkerVariable}=${this.id}`);
  }
  marker(): CompletionMarker {
    const path = this.object(objectKeys.completion(this.bootstrap.jobId, this.bootstrap.attempt));
    return completionMarkerSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  }
  hasMarker(): boolean {
    return existsSync(this.object(objectKeys.completion(this.bootstrap.jobId, this.bootstrap.attempt)));
  }
  object(key: string): string {
    if (this.bootstrap.storage.kind !== 'directory') throw new Error('its objects are elsewhere');
    return join(this.bootstrap.storage.root, key);
  }
  logged(text: string, stream: Stream = 'logs/training'): Promise<true> {
    return poll(`"${text}" in ${stream}`, 20_000, () => (this.api.text(stream).includes(text) ? true : null));
  }
}

/** A machine for the calling test: storage, cache and attempts, all removed by `destroy`. */
export class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'artenic-runner-'));
  readonly objects = join(this.folder, 'objects');
  readonly cacheDir = join(this.folder, 'cache');
  readonly #attempts: Attempt[] = [];

  put(keyOf: (sha256: string) => string, bytes: Uint8Array): string {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const path = join(this.objects, keyOf(sha256));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    return sha256;
  }
  async putPackage(files: Readonly<Record<string, string>>): Promise<string> {
    return this.putFolder(mkdtempSync(join(this.folder, 'package-')), files);
  }
  /** Packs a folder after adding `files` to it. */
  async putFolder(folder: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of create({ cwd: folder, gzip: true, portable: true }, ['.']) as AsyncIterable<Buffer>)
      chunks.push(chunk);
    return this.put(objectKeys.package, Buffer.concat(chunks));
  }

  async start(options: AttemptOptions): Promise<Attempt> {
    const jobId = options.jobId ?? `job-${randomUUID()}`;
    const attempt = options.attempt ?? 1;
    const api = new FakeApi({
      job: jobSpecSchema.parse({ service: 'test', stopGraceSeconds: 1, ...options.job }),
      checkpoints: [...(options.checkpoints ?? [])],
      stopAt: (options.stopAt ?? new Date(Date.now() + 3_600_000)).toISOString(),
      secrets: { ...options.secrets },
    });
    options.prepare?.(api);
    await api.up();
    if (options.isApiUp === false) await api.down();
    const workDir = join(this.folder, 'work', jobId, String(attempt));
    mkdirSync(dirname(workDir), { recursive: true });
    const bootstrap: Bootstrap = {
      attemptId: `${jobId}/attempt-${attempt}`,
      jobId,
      attempt,
      apiUrl: api.url,
      bootstrapToken: api.bootstrapToken,
      workDir,
      cacheDir: this.cacheDir,
      storage: { kind: 'directory', root: this.objects },
      heartbeatIntervalMs: 100,
      shipIntervalMs: 50,
      ...options.bootstrap,
    };
    const started = new Attempt(api, bootstrap, options.environment ?? {}, options.file?.(bootstrap));
    this.#attempts.push(started);
    return started;
  }

  /** Puts a file into the attempt's folder, where its command sees it. */
  async mark({ folder }: Attempt, path: string): Promise<void> {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), path);
  }

  /** Runs to the end and checks the invariants of every attempt. */
  async run(options: AttemptOptions): Promise<Attempt> {
    const attempt = await this.start(options);
    const code = await attempt.end();
    if (code !== 0) throw new Error(`the runner ended with ${code}: ${attempt.console}`);
    if (attempt.api.violations.length > 0) throw new Error(attempt.api.violations.join('\n'));
    return attempt;
  }

  async destroy(): Promise<void> {
    for (const attempt of this.#attempts) {
      for (const pid of attempt.processes()) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
        }
      }
      await attempt.api.down();
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
