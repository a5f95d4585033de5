import { createReadStream, existsSync } from 'node:fs';
import { heartbeatResponseSchema, runnerStopReasonOf, type Bootstrap } from '@artenic/core';
import { FencedError, isUnreachable, type RunnerApi } from './api-client.ts';
import { complain } from '../error-text.ts';
import { pause } from '../pause.ts';
import type { Stopping } from '../process/stopping.ts';

export type Phase = 'starting' | 'setup' | 'training' | 'finishing';

/** Follows the metrics file for the last `progress`; reads only new bytes. */
export function progressReader(metricsFile: string): () => Promise<number | null> {
  let offset = 0;
  let rest = '';
  let last: number | null = null;
  return async () => {
    if (!existsSync(metricsFile)) return last;
    for await (const chunk of createReadStream(metricsFile, {
      start: offset,
      encoding: 'latin1', // One character per byte keeps offsets exact.
    }) as AsyncIterable<string>) {
      offset += chunk.length;
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const found = /"progress"\s*:\s*([0-9.eE+-]+)/.exec(line);
        const value = found === null ? Number.NaN : Number(found[1]);
        if (value >= 0 && value <= 1) last = value;
      }
    }
    return last;
  };
}

/** Sends a sign of life at intervals and applies the requests in the answer. An unreachable API has no effect. */
export function startHeartbeat(parts: {
  readonly bootstrap: Bootstrap;
  readonly api: RunnerApi;
  readonly stopping: Stopping;
  readonly onFenced: () => void;
  /** Called at every heartbeat while the request for a checkpoint is open. */
  readonly onCheckpointWish: (askedAt: string) => void;
  readonly onNotice: (deadline: Date) => void;
  readonly phase: () => Phase;
  readonly movedBytes: () => number;
  readonly progress: () => Promise<number | null>;
}): {
  readonly stop: () => Promise<void>;
  /** Like `stop`, then sends the last progress if it is still unsent: a command may end between two heartbeats. */
  readonly finish: () => Promise<void>;
} {
  const end = new AbortController();
  let told: number | null = null;

  async function beat(): Promise<void> {
    try {
      const progress = await parts.progress();
      const phase = parts.phase();
      const delivery = phase === 'finishing' ? { delivery: { movedBytes: parts.movedBytes() } } : {};
      const { stop, checkpoint, notice } = await parts.api.post(
        '/heartbeat',
        { phase, progress, ...delivery },
        heartbeatResponseSchema,
      );
      told = progress;
      if (checkpoint !== null) parts.onCheckpointWish(checkpoint.askedAt);
      if (notice !== null) parts.onNotice(new Date(notice.deadlineAt));
      if (stop !== null) parts.stopping.request(runnerStopReasonOf(stop.reason), stop.now === true);
    } catch (error) {
      if (error instanceof FencedError) parts.onFenced();
      else if (!isUnreachable(error)) complain('heartbeat', error);
    }
  }

  async function run(): Promise<void> {
    while (!end.signal.aborted) {
      await beat();
      await pause(parts.bootstrap.heartbeatIntervalMs, end.signal);
    }
  }
  const running = run();
  const stop = (): Promise<void> => {
    end.abort();
    return running;
  };
  return {
    stop,
    finish: async () => {
      await stop();
      if ((await parts.progress()) !== told) await beat();
    },
  };
}
