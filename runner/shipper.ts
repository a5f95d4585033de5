import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { offsetResponseSchema } from '@artenic/core';
import { FencedError, isUnreachable, OffsetMismatchError, type RunnerApi } from './api-client.ts';
import type { Masker } from './masking.ts';

const pieceBytes = 1 << 20;
const slowestPauseMs = 2000;
const newline = 0x0a;

export type ShipperOptions = {
  readonly api: RunnerApi;
  /** Route with the stream's name, `&offset=` or `?offset=` is added. */
  readonly route: string;
  readonly path: string;
  readonly masker: Masker;
  readonly intervalMs: number;
  readonly onFenced: () => void;
};

/** Ships one growing file to the API by byte offset, nothing lost and nothing twice, over any number of API deaths. */
export type Shipper = {
  /** No more is written: ships the rest. Resolves when the server has all of it, or `signal` ends the patience. */
  readonly finish: (signal: AbortSignal) => Promise<void>;
};

export function startShipper(options: ShipperOptions): Shipper {
  const { api, masker } = options;
  const stop = new AbortController();
  let finishing = false;
  let ended = false;
  let file: FileHandle | null = null;
  let rawOffset = 0;
  /** What is masked and not yet acknowledged; its first byte has the offset `base` in the masked stream. */
  let pending: Buffer = Buffer.alloc(0);
  let base = 0;

  async function readMore(): Promise<boolean> {
    if (ended || pending.length >= pieceBytes) return false;
    try {
      file ??= await open(options.path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const wasFinishing = finishing;
    const buffer = Buffer.allocUnsafe(pieceBytes);
    const bytesRead = file === null ? 0 : (await file.read(buffer, 0, pieceBytes, rawOffset)).bytesRead;
    rawOffset += bytesRead;
    if (bytesRead > 0) pending = Buffer.concat([pending, masker.push(buffer.subarray(0, bytesRead))]);
    else if (wasFinishing) {
      pending = Buffer.concat([pending, masker.end()]);
      ended = true;
    }
    return bytesRead > 0;
  }

  /** Cut at a line's end where there is one, so that readers see whole lines. */
  function nextPiece(): Buffer {
    const piece = pending.subarray(0, pieceBytes);
    if (ended) return piece;
    const end = piece.lastIndexOf(newline);
    if (end >= 0) return piece.subarray(0, end + 1);
    return piece.length >= pieceBytes ? piece : piece.subarray(0, 0);
  }

  function acknowledged(offset: number): void {
    const known = Math.min(Math.max(offset - base, 0), pending.length);
    pending = pending.subarray(known);
    base += known;
  }

  /** False when the server could not be reached. */
  async function ship(piece: Buffer): Promise<boolean> {
    const separator = options.route.includes('?') ? '&' : '?';
    try {
      const { nextOffset } = await api.post(`${options.route}${separator}offset=${base}`, piece, offsetResponseSchema);
      acknowledged(nextOffset);
      return true;
    } catch (error) {
      if (error instanceof OffsetMismatchError) {
        // An answer of ours was lost: the server has more than we know. Less than `base` it can never have.
        if (error.expectedOffset < base) throw error;
        acknowledged(error.expectedOffset);
        return true;
      }
      if (isUnreachable(error)) return false;
      throw error;
    }
  }

  async function run(): Promise<void> {
    let pauseMs = options.intervalMs;
    while (!stop.signal.aborted) {
      const more = await readMore();
      const piece = nextPiece();
      if (piece.length > 0) {
        if (await ship(piece)) {
          pauseMs = options.intervalMs;
          if (pending.length >= pieceBytes || more || ended) continue;
        }
      } else if (ended) {
        return;
      } else if (finishing || more) {
        continue;
      }
      pauseMs = Math.min(pauseMs * 1.5, slowestPauseMs);
      await sleep(finishing ? Math.min(pauseMs, 200) : pauseMs, undefined, { signal: stop.signal }).catch(
        () => undefined,
      );
    }
  }

  const running = run()
    .catch((error: unknown) => {
      if (error instanceof FencedError) options.onFenced();
      else
        process.stderr.write(`shipping ${options.path}: ${error instanceof Error ? error.message : String(error)}\n`);
    })
    .then(() => file?.close());

  return {
    finish: async (signal) => {
      finishing = true;
      signal.addEventListener('abort', () => stop.abort(), { once: true });
      if (signal.aborted) stop.abort();
      await running;
    },
  };
}
