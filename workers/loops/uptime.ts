import type { Logger } from 'pino';
import { messageOf } from '../../core/errors.ts';
import { uptimePace } from '../../core/silence/silence.ts';
import type { ActingStore } from '../../store/types.ts';
import { everyMs, type Loop } from '../../app/loops/every.ts';

/**
 * Records the times in which this API hears runners, so that silence counts only while a machine could have been heard.
 * A process that is stopped, or has no database, records nothing, and the pause begins a new span.
 */
export function keepUptime(deps: {
  readonly store: Pick<ActingStore, 'uptime'>;
  /** Whether a heartbeat could not be taken since the last call. */
  readonly takeFault: () => boolean;
  readonly silentAfterMs: number;
  readonly logger: Logger;
  readonly now: () => Date;
}): Loop {
  const { everyMs: intervalMs, gapMs } = uptimePace(deps.silentAfterMs);
  return everyMs(intervalMs, () => deps.store.uptime.note({ at: deps.now(), gapMs, hadFault: deps.takeFault() }), {
    onError: (error) => deps.logger.warn({ error: messageOf(error) }, 'the uptime could not be written down'),
  });
}
