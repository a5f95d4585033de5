import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LedgerEntry } from '../../simulated-cloud/rules/entries.ts';
import type { Judgement } from '../../simulated-cloud/rules/judge.ts';
import { freePort } from '../../workers/up/ports.ts';
import { compileCache } from './compile-cache.ts';
import { poll } from './poll.ts';
import { processesWith } from './processes.ts';

const program = fileURLToPath(new URL('../../simulated-cloud/main.ts', import.meta.url));

/** A simulated cloud as `npm run cloud:simulated` starts it: a separate process with its own bill. */
export class SimulatedCloud {
  readonly #home = mkdtempSync(join(tmpdir(), 'artenic-cloud-'));
  readonly #worldFile = join(this.#home, 'world.json');
  #port = 0;
  #child: ChildProcess | null = null;
  #keys = { key: '', controlKey: '' };
  readonly #runnerEntry: string | null;

  /** @param runnerEntry the program that its machines run instead of the runner */
  constructor(world: object, runnerEntry: string | null = null) {
    this.#runnerEntry = runnerEntry;
    writeFileSync(this.#worldFile, JSON.stringify(world));
  }

  /** Environment for a worker that uses this cloud. */
  environment(): Readonly<Record<string, string>> {
    return {
      ARTENIC_SIMULATED_CLOUD_URL: `http://127.0.0.1:${this.#port}`,
      ARTENIC_SIMULATED_CLOUD_KEY: this.#keys.key,
    };
  }

  async start(): Promise<void> {
    if (this.#port === 0) this.#port = await freePort();
    const args = ['--port', String(this.#port), '--home', this.#home, '--world', this.#worldFile];
    if (this.#runnerEntry !== null) args.push('--runner-entry', this.#runnerEntry);
    this.#child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache() },
    });
    await poll('the cloud', 60_000, () =>
      fetch(`http://127.0.0.1:${this.#port}/livez`).then(
        () => true,
        () => null,
      ),
    );
    this.#keys = JSON.parse(readFileSync(join(this.#home, 'keys.json'), 'utf8')) as { key: string; controlKey: string };
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.#child === null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
    this.#child = null;
  }

  async control<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/control${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#keys.controlKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    const text = await response.text();
    return (text === '' ? null : JSON.parse(text)) as T;
  }

  /** All ledger entries, in order. */
  async ledger(): Promise<readonly LedgerEntry[]> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/control/ledger`, {
      headers: { authorization: `Bearer ${this.#keys.controlKey}` },
    });
    if (!response.ok) throw new Error(`the ledger answered ${response.status}`);
    const lines = (await response.text()).trim().split('\n');
    return lines.map((line) => JSON.parse(line) as LedgerEntry);
  }

  judgement(): Promise<Judgement> {
    return this.control<Judgement>('POST', '/judge', {});
  }

  /** Ends the cloud with its machines; returns the pids that are still alive. */
  async destroy(): Promise<readonly number[]> {
    await this.kill('SIGTERM');
    const left = processesWith(this.#home);
    for (const pid of left) process.kill(pid, 'SIGKILL');
    rmSync(this.#home, { recursive: true, force: true });
    return left;
  }
}

/**
 * Time from each entry of this kind about an instance to the create of its job's next attempt, both from the ledger.
 */
export function replacementTimesMs(
  ledger: readonly LedgerEntry[],
  kind: 'noticed' | 'stopping',
): readonly { readonly ms: number; readonly isWarned: boolean }[] {
  const created = ledger.flatMap((entry) => (entry.kind === 'created' ? [entry] : []));
  const warned = new Set(ledger.flatMap((entry) => (entry.kind === 'noticed' ? [entry.instanceId] : [])));
  return ledger.flatMap((entry) => {
    if (entry.kind !== kind || (entry.kind === 'stopping' && entry.because !== 'preemption')) return [];
    const taken = created.find(({ instanceId }) => instanceId === entry.instanceId)?.tags['artenic-attempt'] ?? '';
    const [job, number] = taken.split('/attempt-');
    const next = created.find(({ tags }) => tags['artenic-attempt'] === `${job}/attempt-${Number(number) + 1}`);
    return [{ ms: (next?.atMs ?? Number.POSITIVE_INFINITY) - entry.atMs, isWarned: warned.has(entry.instanceId) }];
  });
}
