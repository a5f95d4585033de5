import { randomUUID } from 'node:crypto';
import {
  objectKeys,
  signAnswerSchema,
  type Bootstrap,
  type ObjectRequest,
  type SignedObjectRequest,
} from '@artenic/core';
import { FencedError, type RunnerApi } from './api-client.ts';
import { complain } from '../error-text.ts';
import { pause } from '../pause.ts';

export type Spare = { readonly key: string; readonly request: SignedObjectRequest };
type Held = { readonly request: SignedObjectRequest; readonly renewAtMs: number };

/** Number of objects of unknown key that an attempt can store while the API is away. */
const spareCount = 32;
const afterTroubleMs = 30_000;
const longestRestMs = 600_000;

export type AheadParts = {
  readonly bootstrap: Pick<Bootstrap, 'jobId' | 'attempt'>;
  readonly api: RunnerApi;
  readonly onFenced: () => void;
  readonly unwanted: AbortSignal;
};

/**
 * Holds signed requests for the time while the API is away: requests for keys that are known beforehand, and spares
 * under generated keys for all other objects. They are renewed at half of their life.
 */
export class Ahead {
  readonly #parts: AheadParts;
  readonly #prefix: string;
  readonly #wanted = new Set<string>();
  readonly #held = new Map<string, Held>();
  /** Keys of the spares, in the order in which they are used. */
  readonly #spares: string[] = [];
  #isRunning = false;
  #wake = new AbortController();

  constructor(parts: AheadParts) {
    this.#parts = parts;
    this.#prefix = objectKeys.spares(parts.bootstrap.jobId, parts.bootstrap.attempt);
    while (this.#spares.length < spareCount) this.#spares.push(this.#newSpare());
  }

  #newSpare(): string {
    return `${this.#prefix}${randomUUID()}`;
  }

  /** Adds keys to sign; the first call starts the loop. */
  want(keys: readonly string[]): void {
    for (const key of keys) this.#wanted.add(key);
    this.#wake.abort();
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  get(key: string): SignedObjectRequest | null {
    return this.#held.get(key)?.request ?? null;
  }

  /** Call when the request was used or refused: it is not renewed any more. */
  drop(key: string): void {
    this.#wanted.delete(key);
    this.#held.delete(key);
  }

  /** Null when at most `leave` spares are in hand. */
  takeSpare(leave: number): Spare | null {
    const inHand = this.#spares.filter((key) => this.#held.has(key));
    const [key] = inHand;
    const request = key === undefined ? null : this.get(key);
    if (key === undefined || request === null || inHand.length <= leave) return null;
    this.#held.delete(key);
    this.#spares.splice(this.#spares.indexOf(key), 1, this.#newSpare());
    this.#wake.abort();
    return { key, request };
  }

  /** Returns a spare that was not used. */
  giveBack({ key, request }: Spare): void {
    this.#spares.unshift(key);
    this.#held.set(key, { request, renewAtMs: Date.now() });
  }

  #missing(): readonly string[] {
    const nowMs = Date.now();
    return [...this.#wanted, ...this.#spares].filter((key) => (this.#held.get(key)?.renewAtMs ?? 0) <= nowMs);
  }

  async #run(): Promise<void> {
    const { unwanted, onFenced } = this.#parts;
    while (!unwanted.aborted) {
      let restMs = longestRestMs;
      try {
        const missing = this.#missing();
        if (missing.length > 0) await this.#ask(missing);
        const renewals = [...this.#held.values()].map(({ renewAtMs }) => renewAtMs - Date.now());
        restMs = Math.max(1000, Math.min(longestRestMs, ...renewals));
      } catch (error) {
        if (error instanceof FencedError) return onFenced();
        if (unwanted.aborted) return;
        complain('asking for signed requests ahead', error);
        restMs = afterTroubleMs;
      }
      await this.#rest(restMs);
    }
  }

  async #rest(restMs: number): Promise<void> {
    await pause(restMs, AbortSignal.any([this.#parts.unwanted, this.#wake.signal]));
    this.#wake = new AbortController();
  }

  async #ask(keys: readonly string[]): Promise<void> {
    const requests = keys.map((key): ObjectRequest => ({ kind: 'put', key }));
    const nowMs = Date.now();
    const body = { requests, use: 'ahead' };
    const { unwanted: signal, api } = this.#parts;
    const answer = await api.postUntilAnswered('/objects/sign', body, signAnswerSchema, { signal });
    for (const [index, request] of answer.requests.entries()) {
      const key = keys[index];
      const renewAtMs = nowMs + (Date.parse(request.expiresAt) - nowMs) / 2;
      const isStillWanted = key !== undefined && (this.#wanted.has(key) || this.#spares.includes(key));
      if (isStillWanted) this.#held.set(key, { request, renewAtMs });
    }
  }
}
