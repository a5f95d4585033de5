import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Instance } from '../rules/state.ts';
import type { MachineEvents, Machines } from './machines.ts';
import { isAlive, kill, processesWith, startOf, type ProcessIdentity } from './processes.ts';

export type RunnerMachinesOptions = {
  /** Parent of the machines' folders. */
  readonly folder: string;
  /** The program that boots; it gets the path of its bootstrap file. */
  readonly runnerEntry: string;
  readonly nodePath: string;
  /** URL of an instance's own metadata. */
  readonly metadataUrl: (instanceId: string) => string;
};

const pollMs = 100;

/** Environment variables that a program needs. */
const passedOn = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH', 'NODE_COMPILE_CACHE'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS', 'HTTP_PROXY', 'HTTPS_PROXY'],
  ...['NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy', 'XDG_CACHE_HOME'],
]);
const passedOnPrefixes = ['LC_', 'PIP_', 'UV_', 'CUDA_', 'NVIDIA_'];

/**
 * Becomes the program: same process, same start time. Before that it creates the machine's pid file, so that of two
 * starts (before and after a crash of the cloud) only one succeeds, and none succeeds after a stop.
 */
const startScript = `set -fC
folder=$1 node=$2 entry=$3
printf '%s' "$$" > "$folder/pid" || exit 0
exec "$node" --disable-warning=ExperimentalWarning "$entry" "$folder/bootstrap.json"
`;

const userDataSchema = z.looseObject({ attemptId: z.string() });

function readUserData(text: string): z.output<typeof userDataSchema> | null {
  try {
    return userDataSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

type Running = { readonly timer: NodeJS.Timeout };

/**
 * Machines that are processes of this computer. Each has its own folder and process group for all processes that it
 * starts.
 */
export class RunnerMachines implements Machines {
  readonly #options: RunnerMachinesOptions;
  readonly #events: MachineEvents;
  readonly #running = new Map<string, Running>();
  readonly #identities = new Map<string, ProcessIdentity>();
  readonly #stopping = new Set<string>();

  constructor(options: RunnerMachinesOptions, events: MachineEvents) {
    this.#options = options;
    this.#events = events;
  }

  start({ instanceId, boots }: Instance, userData: string): void {
    if (this.#running.has(instanceId)) return;
    const folder = this.#folder(instanceId);
    if (boots && !existsSync(join(folder, 'pid'))) this.#boot(instanceId, userData);
    this.#running.set(instanceId, { timer: setInterval(() => this.#look(instanceId), pollMs) });
  }

  #boot(instanceId: string, userData: string): void {
    const folder = this.#folder(instanceId);
    mkdirSync(join(folder, 'work'), { recursive: true, mode: 0o700 });
    const cacheDir = join(this.#options.folder, '..', 'cache');
    const bootstrap = readUserData(userData);
    if (bootstrap === null) {
      writeFileSync(join(folder, 'console.log'), 'the user data is not what this image knows\n', { mode: 0o600 });
      writeFileSync(join(folder, 'pid'), '0');
      return;
    }
    writeFileSync(
      join(folder, 'bootstrap.json'),
      JSON.stringify({ ...bootstrap, workDir: join(folder, 'work'), cacheDir }),
      { mode: 0o600 },
    );
    const { nodePath, runnerEntry } = this.#options;
    const log = openSync(join(folder, 'console.log'), 'a', 0o600);
    try {
      const child = spawn('/bin/sh', ['-c', startScript, 'machine', folder, nodePath, runnerEntry], {
        detached: true,
        cwd: folder,
        env: this.#environment(instanceId, bootstrap.attemptId),
        stdio: ['ignore', log, log],
      });
      child.once('exit', () => this.#look(instanceId));
      // Without a shell there is no machine; the next check reports that.
      child.once('error', () => writeFileSync(join(folder, 'pid'), '0'));
      child.unref();
    } finally {
      closeSync(log);
    }
  }

  #environment(instanceId: string, attemptId: string): Record<string, string | undefined> {
    const kept = Object.entries(process.env).filter(
      ([name]) => passedOn.has(name) || passedOnPrefixes.some((prefix) => name.startsWith(prefix)),
    );
    return {
      ...Object.fromEntries(kept),
      ARTENIC_ATTEMPT_ID: attemptId,
      SIMULATED_INSTANCE: this.#mark(instanceId),
      SIMULATED_METADATA_URL: this.#options.metadataUrl(instanceId),
    };
  }

  /** A machine without its program is over: it switches off, and its other processes are killed. */
  #look(instanceId: string): void {
    if (!this.#running.has(instanceId) || this.#stopping.has(instanceId)) return;
    const pid = this.#pid(instanceId);
    if (pid === null || this.#isUp(instanceId, pid)) return;
    this.stop(instanceId);
  }

  #pid(instanceId: string): number | null {
    const path = join(this.#folder(instanceId), 'pid');
    if (!existsSync(path)) return null;
    const text = readFileSync(path, 'utf8');
    return text === '' ? null : Number(text);
  }

  #isUp(instanceId: string, pid: number): boolean {
    const known = this.#identities.get(instanceId);
    if (known !== undefined) return isAlive(known);
    // If another program has received the pid meanwhile, it does not carry the machine's mark.
    if (pid === 0 || !processesWith(this.#mark(instanceId)).includes(pid)) return false;
    const startedAt = startOf(pid);
    if (startedAt !== null) this.#identities.set(instanceId, { pid, startedAt });
    return startedAt !== null;
  }

  notice({ instanceId }: Instance): void {
    const pid = this.#pid(instanceId);
    if (pid !== null && this.#isUp(instanceId, pid)) kill(pid, 'SIGTERM');
  }

  /** Simulates a machine that hangs: its processes exist, but all of them are stopped. */
  silence({ instanceId }: Instance, forMs: number | null): void {
    for (const pid of this.#left(instanceId)) kill(pid, 'SIGSTOP');
    if (forMs === null) return;
    setTimeout(() => {
      for (const pid of this.#left(instanceId)) kill(pid, 'SIGCONT');
    }, forMs).unref();
  }

  stop(instanceId: string): void {
    if (this.#stopping.has(instanceId)) return;
    this.#stopping.add(instanceId);
    const path = join(this.#folder(instanceId), 'pid');
    // A start in progress finds the pid file taken.
    if (existsSync(this.#folder(instanceId)) && !existsSync(path)) writeFileSync(path, '0', { flag: 'wx' });
    this.#end(instanceId);
  }

  #end(instanceId: string): void {
    const pid = this.#pid(instanceId);
    if (pid !== null && pid !== 0 && this.#isUp(instanceId, pid)) kill(-pid, 'SIGKILL');
    // Look twice: a process that is just executing another program shows no environment for a moment.
    const left = [...this.#left(instanceId), ...this.#left(instanceId)];
    if (left.length > 0) {
      for (const one of left) kill(one, 'SIGKILL');
      setTimeout(() => this.#end(instanceId), 20);
      return;
    }
    clearInterval(this.#running.get(instanceId)?.timer);
    this.#running.delete(instanceId);
    this.#stopping.delete(instanceId);
    // The disk is removed with the machine; its console stays.
    for (const name of ['work', 'bootstrap.json', 'user-data'])
      rmSync(join(this.#folder(instanceId), name), { recursive: true, force: true });
    this.#events.onOff(instanceId);
  }

  /** The machine's folder is in the environment of all processes that it started. */
  #left(instanceId: string): readonly number[] {
    return processesWith(this.#mark(instanceId));
  }

  console(instanceId: string): string {
    const path = join(this.#folder(instanceId), 'console.log');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  close(): void {
    for (const { timer } of this.#running.values()) clearInterval(timer);
    this.#running.clear();
  }

  #folder(instanceId: string): string {
    return join(this.#options.folder, instanceId);
  }

  #mark(instanceId: string): string {
    return `${this.#folder(instanceId)}/`;
  }
}
