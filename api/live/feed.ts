import type { Reads } from '../../store/reads.ts';
import type { EventRecord } from '../../store/types.ts';

const batch = 500;
/** Events kept in memory: a reader that is at most this far behind costs no query. */
const kept = 2000;

export type LiveMessage = Pick<EventRecord, 'sequence' | 'topic' | 'subject' | 'projectId'> & {
  /** The message as sent, the same for every reader. */
  readonly text: string;
};

export function mayRead(projectId: string, message: Pick<EventRecord, 'projectId'>): boolean {
  return message.projectId === null || message.projectId === projectId;
}

export type LiveFeed = {
  /**
   * Numbers the committed events and loads them; reports whether an event among them has ended a key or a session.
   * Calls must not overlap.
   */
  readonly refresh: () => Promise<{ readonly hasAccessEnded: boolean }>;
  /** At most `batch` messages behind `sequence`, in order; empty when no newer message is loaded. */
  readonly after: (sequence: bigint) => Promise<readonly LiveMessage[]>;
};

function toMessage({ sequence, topic, kind, subject, projectId, at, data }: EventRecord): LiveMessage {
  const event = { op: 'event', sequence: Number(sequence), topic, kind, subject, at: at.toISOString(), data };
  return { sequence, topic, subject, projectId, text: JSON.stringify(event) };
}

/** Keeps the newest events in memory, so that a new event costs one query for any number of readers. */
export function createLiveFeed(events: Reads['events']): LiveFeed {
  let tail: bigint | null = null;
  let recent: readonly LiveMessage[] = [];

  return {
    refresh: async () => {
      await events.sequence();
      tail ??= await events.lastSequence();
      let hasAccessEnded = false;
      for (let isMore = true; isMore;) {
        const found: readonly EventRecord[] = await events.after(tail, batch);
        recent = [...recent, ...found.map(toMessage)].slice(-kept);
        tail = found.at(-1)?.sequence ?? tail;
        hasAccessEnded ||= found.some(({ topic }) => topic === 'access');
        isMore = found.length === batch;
      }
      return { hasAccessEnded };
    },
    after: async (sequence) => {
      if (tail !== null && sequence >= tail) return [];
      const oldest = recent[0];
      // Numbers have no gaps, so the oldest kept message shows whether the next message is still in memory.
      if (oldest !== undefined && oldest.sequence <= sequence + 1n) {
        const from = recent.findLastIndex((message) => message.sequence <= sequence) + 1;
        return recent.slice(from, from + batch);
      }
      return (await events.after(sequence, batch)).map(toMessage);
    },
  };
}
