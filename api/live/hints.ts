import { jsonOrNull, liveHintSchema } from '@artenic/core';
import type { Logger } from 'pino';
import { z } from 'zod';
import { messageOf } from '../../core/errors.ts';
import type { HintInput, Store } from '../../store/types.ts';

/** Hints go to other replicas in batches: one notification of PostgreSQL holds all hints of this time. */
const batchMs = 100;

const projectHintSchema = liveHintSchema.extend({ projectId: z.string() });
/** A hint between replicas. The API uses the project for access checks and does not send it to readers. */
export type ProjectHint = z.output<typeof projectHintSchema>;
const payloadSchema = z.object({ origin: z.string(), hints: z.array(projectHintSchema) });

export type Hints = {
  /** Sends to the readers of this replica at once, and to other replicas within `batchMs`. */
  readonly send: (hint: HintInput) => void;
  /** Takes the hints that another replica has sent. */
  readonly receive: (payload: string) => void;
  readonly listen: (listener: (hint: ProjectHint) => void) => () => void;
};

/**
 * Hints say that there is more to fetch. They are never stored: PostgreSQL carries them between the replicas of the API
 * and forgets them. A lost hint costs a reader freshness, never data.
 */
export function createHints(options: {
  readonly store: Pick<Store, 'events'>;
  readonly logger: Logger;
  readonly now: () => Date;
  /** This replica's name, by which it ignores its own notifications. */
  readonly origin: string;
}): Hints {
  const { store, logger, now, origin } = options;
  const listeners = new Set<(hint: ProjectHint) => void>();
  /** By kind and subject: a newer hint replaces an older one of the same kind and subject. */
  const waiting = new Map<string, ProjectHint>();

  function tell(hint: ProjectHint): void {
    for (const listener of listeners) listener(hint);
  }
  function flush(): void {
    const hints = [...waiting.values()];
    waiting.clear();
    store.events
      .notifyHints(origin, hints)
      .catch((error: unknown) => logger.debug({ error: messageOf(error) }, 'hints for other replicas are lost'));
  }
  return {
    send: (input) => {
      const hint: ProjectHint = { ...input, at: now().toISOString() };
      tell(hint);
      if (waiting.size === 0) setTimeout(flush, batchMs).unref();
      waiting.set(`${hint.kind} ${hint.subject}`, hint);
    },
    receive: (payload) => {
      const parsed = payloadSchema.safeParse(jsonOrNull(payload));
      // A replica of another version may send hints in a form that this version does not know.
      if (!parsed.success) return logger.debug('hints of another replica are malformed');
      if (parsed.data.origin !== origin) parsed.data.hints.forEach(tell);
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
