import type { RunnerEvent } from '@artenic/core';
import type { InstanceEvidence } from '../../core/instance-evidence.ts';
import type { DeliveryState } from '../../core/jobs/delivery.ts';
import type { InstanceRef } from '../../core/instance-ref.ts';

export type RunnerSignal = RunnerEvent | { readonly kind: 'hello'; readonly id: string; readonly stopAt: string };
/** An instance of the fake provider, with the fake runner. */
export type Instance = {
  readonly handle: InstanceRef;
  gone: boolean;
  /** The instance exists but gives no sign of life. */
  silent?: true;
  endedBy: InstanceEvidence['endedBy'];
  marker: { exitCode: number | null } | null;
  stopReason: string | null;
  /** State of the delivery; absent until the command is over. */
  delivery?: DeliveryState;
};
export type RunnerScript = (runner: FakeRunner) => Promise<void>;

type Parts = {
  readonly job: { readonly stopAtMs: number };
  readonly attempt: number;
  readonly instance: Instance;
  readonly signal: (attemptId: string, event: RunnerSignal) => Promise<void>;
};

/** Runner's actions, called by the script of a test. */
export class FakeRunner {
  readonly instance: Instance;
  readonly attempt: number;
  readonly #stopAtMs: number;
  readonly #send: Parts['signal'];
  #events = 0;

  constructor({ job, attempt, instance, signal }: Parts) {
    this.instance = instance;
    this.attempt = attempt;
    this.#stopAtMs = job.stopAtMs;
    this.#send = signal;
  }

  hello(): Promise<void> {
    return this.#signal({ kind: 'hello', id: this.#id(), stopAt: new Date(this.#stopAtMs).toISOString() });
  }
  phase(phase: 'setup' | 'training'): Promise<void> {
    return this.#signal({ kind: 'phase', id: this.#id(), phase });
  }
  notice(): Promise<void> {
    return this.#signal({ kind: 'notice', id: this.#id(), deadlineAt: new Date(Date.now() + 30_000).toISOString() });
  }
  stopped(reason: string): Promise<void> {
    return this.#signal({ kind: 'stopped', id: this.#id(), reason });
  }
  /** Writes the marker, signals the workflow, then ends the instance. */
  async exit(exitCode: number | null): Promise<void> {
    this.writeMarker(exitCode);
    await this.#signal({ kind: 'exited', id: this.#id(), exitCode });
    this.vanish('itself');
  }
  writeMarker(exitCode: number | null): void {
    if (!this.instance.gone) this.instance.marker = { exitCode };
  }
  vanish(endedBy: InstanceEvidence['endedBy']): void {
    if (this.instance.gone) return;
    this.instance.gone = true;
    this.instance.endedBy = endedBy;
  }
  fallSilent(): void {
    this.instance.silent = true;
  }
  /** Waits until a stop is requested, or the instance is gone. */
  async stopAsked(): Promise<void> {
    await until(() => this.instance.stopReason !== null || this.instance.gone, 'a stop');
  }

  #id(): string {
    return `${this.instance.handle.attemptId}-${++this.#events}`;
  }
  async #signal(event: RunnerSignal): Promise<void> {
    if (!this.instance.gone) await this.#send(this.instance.handle.attemptId, event);
  }
}

export const happyScript: RunnerScript = async (runner) => {
  await runner.hello();
  await runner.phase('setup');
  await runner.phase('training');
  await runner.exit(0);
};

export async function until(fact: () => boolean | Promise<boolean>, what: string, timeoutMs = 15_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await fact())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
