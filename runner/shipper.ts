import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { offsetResponseSchema } from '@artenic/core';
import { FencedError, isUnreachable, OffsetMismatchError, type RunnerApi } from './api-client.ts';
import { createMasker } from './masking.ts';

const pieceBytes = 1 << 20;
const slowestPauseMs = 2000;
/** At the end there is nothing left to gather: only an API that is away makes us wait. */
const finishingPauseMs = 250;
/** A line without its end (a progress bar) is shown after this long. */
const unfinishedLineMs = 1000;
const lineEnds: readonly number[] = [0x0a, 0x0d];

export type ShipperOptions = {
  readonly api: RunnerApi;
  readonly route: '/logs' | '/metrics';
  readonly query: Readonly<Record<string, string>>;
  readonly path: string;
  readonly secrets: readonly string[];
  readonly intervalMs: number;
  readonly onFenced: () => void;
};

/** Ships one growing file to the API by byte offset, nothing lost and nothing twice, over any number of API deaths. */
export type Shipper = {
  /** No more is written: ships the rest. Resolves when the server has all of it, or `signal` ends the patience. */
  readonly finish: (signal: AbortSignal) => Promise<void>;
};

/** The file's bytes with secrets masked, from a place that moves only when the server has what lies before it. */
class MaskedFile {
  readonly #path: string;
  readonly #secrets: readonly string[];
  #masker;
  #file: FileHandle | null = null;
  #rawOffset = 0;
  #unreadSinceMs: number | null = null;
  /** Masked and not yet acknowledged. */
  #pending: Buffer = Buffer.alloc(0);
  /** Offset of the first pending byte in the masked stream. */
  base = 0;
  /** What the server has; ahead of `base` after an answer was lost. */
  #known = 0;
  isAtEnd = false;

  constructor(path: string, secrets: readonly string[]) {
    this.#path = path;
    this.#secrets = secrets;
    this.#masker = createMasker(secrets);
  }

  /** True when there was something new. `isFinal`: nothing is written any more. */
  async read(isFinal: boolean): Promise<boolean> {
    if (this.isAtEnd || this.#pending.length >= pieceBytes) return false;
    try {
      this.#file ??= await open(this.#path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const buffer = Buffer.allocUnsafe(pieceBytes);
    const bytesRead =
      this.#file === null ? 0 : (await this.#file.read(buffer, 0, pieceBytes, this.#rawOffset)).bytesRead;
    this.#rawOffset += bytesRead;
    if (bytesRead > 0) this.#append(this.#masker.push(buffer.subarray(0, bytesRead)));
    else if (isFinal) {
      this.#append(this.#masker.end());
      this.isAtEnd = true;
    }
    return bytesRead > 0;
  }

  #append(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    if (this.#pending.length > 0) this.#unreadSinceMs ??= performance.now();
    this.#dropKnown();
  }

  /** Cut at a line's end where there is one, so that readers see whole lines; empty when it is better to wait. */
  nextPiece(mayCutLines: boolean): Buffer {
    const piece = this.#pending.subarray(0, pieceBytes);
    if (this.isAtEnd && piece.length === this.#pending.length) return piece;
    const end = Math.max(...lineEnds.map((byte) => piece.lastIndexOf(byte)));
    if (end >= 0) return piece.subarray(0, end + 1);
    const isOld = this.#unreadSinceMs !== null && performance.now() - this.#unreadSinceMs > unfinishedLineMs;
    return piece.length >= pieceBytes || (mayCutLines && isOld) ? piece : piece.subarray(0, 0);
  }

  /** The server has everything before `offset`. */
  async acknowledge(offset: number): Promise<void> {
    this.#known = offset;
    if (offset >= this.base) return this.#dropKnown();
    // It has lost what it had acknowledged (a database restored from a backup, say): masking is repeatable, so read again.
    this.#masker = createMasker(this.#secrets);
    this.#pending = Buffer.alloc(0);
    this.#rawOffset = 0;
    this.base = 0;
    this.isAtEnd = false;
  }

  #dropKnown(): void {
    const count = Math.min(Math.max(this.#known - this.base, 0), this.#pending.length);
    if (count === 0) return;
    this.#pending = this.#pending.subarray(count);
    this.base += count;
    this.#unreadSinceMs = this.#pending.length > 0 ? performance.now() : null;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

export function startShipper(options: ShipperOptions): Shipper {
  const { api } = options;
  const stop = new AbortController();
  const hurry = new AbortController();
  const file = new MaskedFile(options.path, options.secrets);

  /** False when the server could not be reached. */
  async function ship(piece: Buffer): Promise<boolean> {
    const query = new URLSearchParams({ ...options.query, offset: String(file.base) });
    try {
      const { nextOffset } = await api.post(`${options.route}?${query}`, piece, offsetResponseSchema);
      await file.acknowledge(nextOffset);
      return true;
    } catch (error) {
      if (isUnreachable(error)) return false;
      if (!(error instanceof OffsetMismatchError)) throw error;
      await file.acknowledge(error.expectedOffset);
      return true;
    }
  }

  async function pause(pauseMs: number): Promise<void> {
    const isFinishing = hurry.signal.aborted;
    const signal = isFinishing ? stop.signal : AbortSignal.any([stop.signal, hurry.signal]);
    await sleep(isFinishing ? Math.min(pauseMs, finishingPauseMs) : pauseMs, undefined, { signal }).catch(
      (error: unknown) => {
        if (!signal.aborted) throw error;
      },
    );
  }

  async function run(): Promise<void> {
    for (let pauseMs = options.intervalMs; !stop.signal.aborted; ) {
      const isThereMore = await file.read(hurry.signal.aborted);
      const piece = file.nextPiece(options.route === '/logs');
      if (piece.length > 0 && (await ship(piece))) {
        pauseMs = options.intervalMs;
        if (isThereMore || hurry.signal.aborted || piece.length >= pieceBytes / 2) continue;
      } else if (piece.length === 0) {
        if (file.isAtEnd) return;
        if (isThereMore || hurry.signal.aborted) continue;
      }
      await pause(pauseMs);
      pauseMs = Math.min(pauseMs * 1.5, slowestPauseMs);
    }
  }

  async function guarded(): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (error instanceof FencedError) options.onFenced();
      else
        process.stderr.write(`shipping ${options.path}: ${error instanceof Error ? error.message : String(error)}\n`);
    } finally {
      await file.close();
    }
  }
  const running = guarded();

  return {
    finish: async (signal) => {
      hurry.abort();
      signal.addEventListener('abort', () => stop.abort(), { once: true });
      if (signal.aborted) stop.abort();
      await running;
    },
  };
}
