import { randomUUID } from 'node:crypto';
import type { Bootstrap, HelloResponse, RunnerEvent } from '@artenic/core';
import { z } from 'zod';
import { FencedError, type RunnerApi } from './api-client.ts';
import { complain } from '../error-text.ts';
import { checkpointRequests } from '../checkpoints/request.ts';
import type { Folders } from '../folders.ts';
import { progressReader, startHeartbeat, type Phase } from './heartbeat.ts';
import type { Notices } from '../notices/notices.ts';
import { startShipper, type Shipper } from './shipper.ts';
import type { Stopping } from '../process/stopping.ts';
import { startSystemMetrics } from '../system/sampler.ts';

/**
 * After the end, the remaining reports get this long to reach an API that is away. They stay on this machine's disk.
 */
const drainPatienceMs = 600_000;

/** All reports of a running attempt to the API. */
export type Reporting = {
  /** Ends all waiting for the API. */
  readonly patience: AbortSignal;
  /** Sends `body` to the API after everything sent before; the API may be away. */
  readonly tell: (path: string, body: unknown) => void;
  /** Moves to the next phase. Sends no event: the workflow does not know some of the phases. */
  readonly enter: (phase: Phase) => void;
  readonly onFenced: () => void;
  /**
   * The verdict is about to be stored. From then on the workflow may end the attempt at any time. The remaining reports
   * are sent nevertheless: an API that has a newer attempt refuses them itself.
   */
  readonly commit: () => void;
  /** The verdict is stored: delivers the remaining reports, then the last event. False when the time was not enough. */
  readonly finish: (last: RunnerEvent) => Promise<boolean>;
  /** Stops all reporting: no further result of this attempt is wanted. */
  readonly abandon: () => Promise<void>;
};

export function startShippers(parts: {
  readonly bootstrap: Bootstrap;
  readonly hello: HelloResponse;
  readonly api: RunnerApi;
  readonly folders: Folders;
  readonly onFenced: () => void;
}): readonly Shipper[] {
  const { api, bootstrap, folders, onFenced } = parts;
  const common = { api, secrets: Object.values(parts.hello.secrets), intervalMs: bootstrap.shipIntervalMs, onFenced };
  return [
    startShipper({ ...common, route: '/logs', query: { stream: 'setup' }, path: folders.logs.setup }),
    startShipper({ ...common, route: '/logs', query: { stream: 'training' }, path: folders.logs.training }),
    startShipper({ ...common, route: '/metrics', query: {}, path: folders.metrics }),
    startShipper({ ...common, route: '/system', query: {}, path: folders.system }),
  ];
}

export function startReporting(parts: {
  readonly bootstrap: Bootstrap;
  readonly hello: HelloResponse;
  readonly api: RunnerApi;
  readonly folders: Folders;
  readonly stopping: Stopping;
  readonly notices: Notices;
  /** Bytes of files that have been read or stored so far. */
  readonly movedBytes: () => number;
}): Reporting {
  const { bootstrap, api, folders, stopping, notices, movedBytes } = parts;
  let phase: Phase = 'starting';
  let isCommitted = false;
  const patience = new AbortController();
  stopping.onRequest((reason) => {
    if (reason === 'fenced' && !isCommitted) patience.abort();
  });
  const onFenced = (): void => {
    if (!isCommitted) stopping.request('fenced');
  };

  const system = startSystemMetrics({ workDir: folders.root, file: folders.system });
  const shippers = startShippers({ ...parts, onFenced });
  const progress = progressReader(folders.metrics);
  const wish = checkpointRequests(folders);
  const heartbeat = startHeartbeat({
    ...{ bootstrap, api, stopping, onFenced, progress, movedBytes },
    phase: () => phase,
    onCheckpointWish: (askedAt) => wish(askedAt, phase),
    onNotice: (deadline) => notices.hear(deadline),
  });

  let told: Promise<void> = Promise.resolve();
  async function send(path: string, body: unknown): Promise<void> {
    try {
      await api.postUntilAnswered(path, body, z.unknown(), { signal: patience.signal });
    } catch (error) {
      if (patience.signal.aborted) return;
      if (error instanceof FencedError) onFenced();
      else complain(`telling ${path}`, error);
    }
  }
  // Sends one report after the other, so that the API receives them in the order in which they happened.
  const tell = (path: string, body: unknown): void => {
    told = told.then(() => send(path, body));
  };

  return {
    patience: patience.signal,
    tell,
    onFenced,
    enter: (next) => {
      phase = next;
    },
    commit: () => {
      isCommitted = true;
    },
    finish: async (last) => {
      const timer = setTimeout(() => patience.abort(), drainPatienceMs);
      await heartbeat.finish();
      await system.stop();
      await Promise.all(shippers.map((shipper) => shipper.finish(patience.signal)));
      tell('/events', last);
      await told;
      clearTimeout(timer);
      return !patience.signal.aborted;
    },
    abandon: async () => {
      patience.abort();
      await system.stop();
      await Promise.all([heartbeat.stop(), told, ...shippers.map((shipper) => shipper.finish(patience.signal))]);
    },
  };
}

export function phaseEvent(phase: 'setup' | 'training', restoredFrom?: string | null): RunnerEvent {
  return { kind: 'phase', id: randomUUID(), phase, ...(restoredFrom === undefined ? {} : { restoredFrom }) };
}
