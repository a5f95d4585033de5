import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeWhole } from '@artenic/core/write-whole';
import { z } from 'zod';
import { messageOf } from '../../core/errors.ts';
import { endProcess, identify, isAlive, type ProcessIdentity } from './process-identity.ts';

export type Component = {
  readonly name: string;
  readonly spawn: () => ChildProcess;
  /** Resolves when the component serves; `alive` tells whether waiting still makes sense. */
  readonly ready: (alive: () => boolean) => Promise<void>;
  /** Signal for a clean stop. */
  readonly stopSignal: NodeJS.Signals;
  /** How long a clean stop may take before SIGKILL. */
  readonly patienceMs: number;
};

const recordSchema = z.record(
  z.string(),
  z.object({ pid: z.number().int(), startedAt: z.string(), stopSignal: z.string(), patienceMs: z.number() }),
);
type Recorded = z.output<typeof recordSchema>;

const firstRestartDelayMs = 100;
const longestRestartDelayMs = 5000;
/** After a child has lived this long, its restart delay is reset. */
const settledAfterMs = 10_000;

export type SupervisorOptions = {
  /** Pids and start times of the children, so that the next start finds children that outlived this process. */
  readonly recordFile: string;
  readonly say: (line: string) => void;
  /** Called whenever a child's pid has changed. */
  readonly onChange: (processes: Readonly<Record<string, number>>) => void;
};

function readRecord(file: string): Recorded {
  if (!existsSync(file)) return {};
  const parsed = recordSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  return parsed.success ? parsed.data : {};
}

/** Ends the children that an earlier supervisor of this state folder left behind; returns their names. */
export async function endLeftovers(recordFile: string): Promise<readonly string[]> {
  const alive = Object.entries(readRecord(recordFile)).filter(([, child]) => isAlive(child));
  // The servers go last, so that the other children can still write.
  for (const [, child] of alive.toReversed())
    await endProcess(child, child.stopSignal as NodeJS.Signals, child.patienceMs);
  return alive.map(([name]) => name);
}

/** Keeps components alive: restarts a dead one while the others keep running. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #children = new Map<string, { readonly component: Component; identity: ProcessIdentity | null }>();
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Starts a component and returns when it is ready. From then on the component is restarted when it ends. */
  async start(component: Component): Promise<void> {
    this.#children.set(component.name, { component, identity: null });
    await this.#launch(component, firstRestartDelayMs);
  }

  /** Stops all components, the last started first. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { component, identity } of [...this.#children.values()].toReversed()) {
      if (identity !== null) await endProcess(identity, component.stopSignal, component.patienceMs);
    }
    this.#children.clear();
    this.#record();
  }

  async #launch(component: Component, restartDelayMs: number): Promise<void> {
    const startedMs = Date.now();
    const child = component.spawn();
    let exited = false;
    let isReady = false;
    const gone = new Promise<string>((done) => {
      child.once('error', (error) => done(messageOf(error)));
      child.once('exit', (code, signalName) =>
        done(signalName === null ? `exit code ${code}` : `signal ${signalName}`),
      );
    });
    void gone.then((how) => {
      exited = true;
      this.#onExit(
        component,
        how,
        Date.now() - startedMs > settledAfterMs ? firstRestartDelayMs : restartDelayMs,
        isReady,
      );
    });
    const entry = this.#children.get(component.name);
    if (entry !== undefined) entry.identity = child.pid === undefined ? null : identify(child.pid);
    this.#record();
    await component.ready(() => !exited && !this.#stopping);
    isReady = true;
  }

  #onExit(component: Component, how: string, delayMs: number, wasReady: boolean): void {
    const entry = this.#children.get(component.name);
    if (entry !== undefined) entry.identity = null;
    // An end before the first readiness is reported by `start`.
    if (this.#stopping || (!wasReady && delayMs === firstRestartDelayMs)) return;
    this.#options.say(`${component.name} ended (${how}); starting it again`);
    setTimeout(() => {
      if (this.#stopping) return;
      this.#launch(component, Math.min(delayMs * 2, longestRestartDelayMs)).then(
        () => this.#options.say(`${component.name} is back`),
        (error: unknown) => this.#options.say(`${component.name} is not ready again yet: ${messageOf(error)}`),
      );
    }, delayMs);
  }

  #record(): void {
    const recorded: Recorded = {};
    for (const [name, { component, identity }] of this.#children) {
      if (identity !== null)
        recorded[name] = { ...identity, stopSignal: component.stopSignal, patienceMs: component.patienceMs };
    }
    writeWhole(this.#options.recordFile, JSON.stringify(recorded, null, 2));
    this.#options.onChange(Object.fromEntries(Object.entries(recorded).map(([name, { pid }]) => [name, pid])));
  }
}
