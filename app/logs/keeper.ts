import { messageOf } from '../../core/errors.ts';
import type { StreamKey } from '../../store/types.ts';
import { everyMs, type Loop } from '../loops/every.ts';
import { later, packLog, settleLog, type LogDeps } from './objects.ts';

/** A tail of this age is packed, regardless of its size. */
const oldestTailMs = 300_000;
/** An ended attempt may still deliver log bytes for this time. */
const settleAfterMs = 600_000;
const batchSize = 20;

export type LogKeeperOptions = {
  readonly intervalMs: number;
  readonly oldestTailMs?: number;
  readonly settleAfterMs?: number;
};

/** A round over the work that requests leave undone: old tails, tails of a dead process, logs of ended attempts. */
export async function keepLogs(deps: LogDeps, options: Omit<LogKeeperOptions, 'intervalMs'> = {}): Promise<void> {
  const { streams } = deps.store;
  const before = (ms: number): Date => new Date(deps.now().getTime() - ms);
  const each = async (keys: readonly StreamKey[], work: typeof packLog): Promise<void> => {
    for (const key of keys) await later(deps, () => work(deps, key));
  };
  const olderThan = before(options.oldestTailMs ?? oldestTailMs);
  await each(await streams.withTail({ olderThan, bytes: deps.limits.logObjectBytes, limit: batchSize }), packLog);
  const endedBefore = before(options.settleAfterMs ?? settleAfterMs);
  await each(await streams.unsettled({ endedBefore, limit: batchSize }), settleLog);
}

/** Several processes may run a keeper at once: a lease gives each log to one process at a time. */
export function startLogKeeper(deps: LogDeps, { intervalMs, ...ages }: LogKeeperOptions): Loop {
  return everyMs(intervalMs, () => keepLogs(deps, ages), {
    onError: (error) => deps.logger.warn({ error: messageOf(error) }, 'logs are kept later'),
  });
}
