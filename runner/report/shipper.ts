import { offsetResponseSchema } from '@artenic/core';
import { FencedError, isUnreachable, OffsetMismatchError, type RunnerApi } from './api-client.ts';
import { complain } from '../error-text.ts';
import { MaskedFile, pieceBytes } from '../secrets/masked-file.ts';
import { pause } from '../pause.ts';

const slowestPauseMs = 2000;
/** After the end there is no more output to gather into larger pieces: only an unreachable API causes a pause. */
const finishingPauseMs = 250;

export type ShipperOptions = {
  readonly api: RunnerApi;
  readonly route: '/logs' | '/metrics' | '/system';
  readonly query: Readonly<Record<string, string>>;
  readonly path: string;
  readonly secrets: readonly string[];
  readonly intervalMs: number;
  readonly onFenced: () => void;
};

/**
 * Ships one growing file to the API by byte offset: no byte is lost or stored twice, even if the API restarts many
 * times.
 */
export type Shipper = {
  /**
   * Call when nothing more is written: ships the rest. Resolves when the server has all of it, or when `signal` aborts.
   */
  readonly finish: (signal: AbortSignal) => Promise<void>;
};

export function startShipper(options: ShipperOptions): Shipper {
  const { api } = options;
  const stop = new AbortController();
  const hurry = new AbortController();
  const file = new MaskedFile(options.path, options.secrets);

  /** False when the server could not be reached. */
  async function ship(piece: Buffer): Promise<boolean> {
    const query = new URLSearchParams({ ...options.query, offset: String(file.base) });
    try {
      const { nextOffset } = await api.post(`${options.route}?${query.toString()}`, piece, offsetResponseSchema);
      file.acknowledge(nextOffset);
      return true;
    } catch (error) {
      if (isUnreachable(error)) return false;
      if (!(error instanceof OffsetMismatchError)) throw error;
      file.acknowledge(error.expectedOffset);
      return true;
    }
  }

  async function rest(pauseMs: number): Promise<void> {
    if (hurry.signal.aborted) await pause(Math.min(pauseMs, finishingPauseMs), stop.signal);
    else await pause(pauseMs, AbortSignal.any([stop.signal, hurry.signal]));
  }

  async function run(): Promise<void> {
    for (let pauseMs = options.intervalMs; !stop.signal.aborted;) {
      const isThereMore = await file.read(hurry.signal.aborted);
      const piece = file.nextPiece(options.route === '/logs');
      if (piece.length > 0 && (await ship(piece))) {
        pauseMs = options.intervalMs;
        if (isThereMore || hurry.signal.aborted || piece.length >= pieceBytes / 2) continue;
      } else if (piece.length === 0) {
        if (file.isAtEnd) return;
        if (isThereMore || hurry.signal.aborted) continue;
      }
      await rest(pauseMs);
      pauseMs = Math.min(pauseMs * 1.5, slowestPauseMs);
    }
  }

  async function guarded(): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (error instanceof FencedError) options.onFenced();
      else complain(`shipping ${options.path}`, error);
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
