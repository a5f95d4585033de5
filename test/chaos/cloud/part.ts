import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** A death sooner than this after the start is a failed start, such as a port or lock that is not free yet. */
const earlyDeathMs = 300;
const pauseMs = 100;

/** A process of the platform, restarted when it dies, unless it has to stay down. */
export class Part {
  readonly name: string;
  readonly #spawn: () => ChildProcess;
  readonly #stopSignal: NodeJS.Signals;
  #child: ChildProcess | null = null;
  #wanted = false;
  #starts = 0;

  constructor(name: string, spawn: () => ChildProcess, stopSignal: NodeJS.Signals) {
    this.name = name;
    this.#spawn = spawn;
    this.#stopSignal = stopSignal;
  }

  get starts(): number {
    return this.#starts;
  }

  up(): void {
    this.#wanted = true;
    if (this.#child === null) this.#launch();
  }

  #launch(): void {
    const startedMs = Date.now();
    const child = this.#spawn();
    this.#child = child;
    this.#starts++;
    child.once('exit', () => {
      this.#child = null;
      if (!this.#wanted) return;
      const isEarly = Date.now() - startedMs < earlyDeathMs;
      setTimeout(() => this.#wanted && this.#child === null && this.#launch(), isEarly ? pauseMs : 0);
    });
  }

  /** kill -9; the process is restarted at once. False when it is not running. */
  kill(): boolean {
    return this.#child?.pid !== undefined && this.#child.kill('SIGKILL');
  }

  /** Ends the process, by kill -9 or gracefully, and does not restart it. */
  async down(signal: 'SIGKILL' | 'stop'): Promise<void> {
    this.#wanted = false;
    const child = this.#child;
    if (child === null) return;
    const exited = once(child, 'exit');
    child.kill(signal === 'stop' ? this.#stopSignal : signal);
    const late = sleep(15_000, 'late' as const, { ref: false });
    if ((await Promise.race([exited, late])) === 'late') child.kill('SIGKILL');
    await exited;
  }
}
