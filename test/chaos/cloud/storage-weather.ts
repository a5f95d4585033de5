import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Hit } from './failpoints.ts';

/** Faults of the object storage, as API and worker see them. */
export class StorageWeather {
  #stalled: Promise<void> = Promise.resolve();
  /** For each job, the number of next writes whose answer is lost. */
  readonly #answersToLose = new Map<string, number>();
  #lost = 0;

  /** Number of writes whose answer was lost so far. */
  get lost(): number {
    return this.#lost;
  }

  /** Answers no call for this time. Resolves when the time is over. */
  stall(durationMs: number): Promise<void> {
    this.#stalled = Promise.all([this.#stalled, sleep(durationMs)]).then(() => undefined);
    return this.#stalled;
  }

  loseAnswers(jobId: string, count: number): void {
    this.#answersToLose.set(jobId, (this.#answersToLose.get(jobId) ?? 0) + count);
  }

  async meet({ point, jobId }: Hit): Promise<Answer> {
    if (!point.startsWith('storage:')) return 'go';
    if (point.endsWith(':before')) await this.#stalled;
    if (point !== 'storage:put:after' || jobId === null) return 'go';
    const left = this.#answersToLose.get(jobId) ?? 0;
    if (left === 0) return 'go';
    this.#answersToLose.set(jobId, left - 1);
    this.#lost++;
    return 'lost';
  }
}
