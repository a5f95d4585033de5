import { offsetResponseSchema } from '@artenic/core';
import { FencedError, isUnreachable, OffsetMismatchError, type RunnerApi } from './api-client.ts';
import { complain } from '../error-text.ts';
import { MaskedFile, pieceBytes } from '../secrets/masked-file.ts';
import { pause } from '../pause.ts';
import { onWritten } from './written.ts';

const slowestPauseMs = 2000;
/** After the end there is no more output to gather into larger pieces: only an unreachable API causes a pause. */
const finishingPauseMs = 250;
/** Lines are written in groups: after the first one, this long for the others, so that a group is one piece. */
const gatherMs = 30;

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

type Rests = {
  readonly rest: (pauseMs: number) => Promise<void>;
  /** Waits for the file to be written, at most for the pause: a file system need not report it. */
  readonly restUntilWritten: (pauseMs: number) => Promise<void>;
  /** Call before the file is read: what is written from here on ends the next rest. */
  readonly look: () => void;
};

function createRests(path: string, stop: AbortSignal, hurry: AbortSignal): Rests {
  let written = new AbortController();
  onWritten(path, stop, () => written.abort());
  const rest = (pauseMs: number): Promise<void> =>
    hurry.aborted ? pause(Math.min(pauseMs, finishingPauseMs), stop) : pause(pauseMs, AbortSignal.any([stop, hurry]));
  return {
    rest,
    restUntilWritten: async (pauseMs) => {
      await pause(pauseMs, AbortSignal.any([stop, hurry, written.signal]));
      if (written.signal.aborted) await rest(gatherMs);
    },
    look: () => {
      written = new AbortController();
    },
  };
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

  const { rest, restUntilWritten, look } = createRests(options.path, stop.signal, hurry.signal);

  async function run(): Promise<void> {
    for (let pauseMs = options.intervalMs; !stop.signal.aborted;) {
      look();
      const isThereMore = await file.read(hurry.signal.aborted);
      const piece = file.nextPiece(options.route === '/logs');
      if (piece.length > 0) {
        const isShipped = await ship(piece);
        if (isShipped) {
          pauseMs = options.intervalMs;
          if (isThereMore || hurry.signal.aborted || piece.length >= pieceBytes / 2) continue;
        }
        await rest(pauseMs);
      } else {
        if (file.isAtEnd) return;
        if (isThereMore || hurry.signal.aborted) continue;
        // A line whose beginning has been read is waited for by the clock: a progress bar is written all the time.
        await (file.hasUnfinishedLine ? rest(pauseMs) : restUntilWritten(pauseMs));
      }
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
      stop.abort();
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
