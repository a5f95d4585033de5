import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { toStoreError } from '../errors.ts';

/** Channel that wakes listeners after a commit with events: once per kind of topic in a transaction. */
export const eventsChannel = 'artenic_events';
/** Carries hints from one replica of the API to the other replicas. */
export const hintsChannel = 'artenic_hints';

const backOffMs = { first: 50, most: 2000 };

type OnNotification = (notification: pg.Notification) => void;
type Connection = { readonly client: pg.Client; readonly ended: Promise<unknown> };

async function connect(databaseUrl: string, onNotification: OnNotification): Promise<Connection> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'artenic-listen',
    connectionTimeoutMillis: 5000,
    keepAlive: true,
  });
  // Without a listener a lost connection would end the process. The `end` event follows, and is handled below.
  client.on('error', () => undefined);
  client.on('notification', onNotification);
  const ended = new Promise<void>((resolve) => {
    client.once('end', resolve);
  });
  try {
    await client.connect();
    await client.query(`listen ${eventsChannel}; listen ${hintsChannel}`);
  } catch (error) {
    await client.end();
    throw toStoreError(error);
  }
  return { client, ended };
}

/** Null if `stop` was aborted first. */
async function reconnect(
  databaseUrl: string,
  onNotification: OnNotification,
  stop: AbortSignal,
): Promise<Connection | null> {
  for (let waitMs = backOffMs.first; ; waitMs = Math.min(waitMs * 2, backOffMs.most)) {
    // The lines below handle both an aborted wait and a server that is still down.
    await delay(waitMs, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return null;
    const connection = await connect(databaseUrl, onNotification).catch(() => null);
    if (connection !== null) return connection;
  }
}

/**
 * Calls `onWake` after a commit with events, with the first word of their topic (`job`, `jobs`, `models`, …), and after
 * every reconnect with null, because any event may have been missed. `onHints` gets the payloads of `notifyHints`,
 * including those of this process.
 * Throws `unavailable` when the first connection fails. A connection that is lost later is retried without limit.
 */
export async function listenForEvents(
  databaseUrl: string,
  onWake: (topic: string | null) => void,
  onHints: (payload: string) => void = () => undefined,
): Promise<{ readonly close: () => Promise<void> }> {
  const stop = new AbortController();
  const onNotification: OnNotification = ({ channel, payload }) =>
    channel === hintsChannel ? onHints(payload ?? '') : onWake(payload ?? null);
  const first = await connect(databaseUrl, onNotification);
  const following = follow(first);

  async function follow(connection: Connection): Promise<void> {
    let current: Connection | null = connection;
    while (current !== null) {
      if (!stop.signal.aborted) await Promise.race([current.ended, once(stop.signal, 'abort')]);
      await current.client.end();
      current = await reconnect(databaseUrl, onNotification, stop.signal);
      if (current !== null) onWake(null);
    }
  }

  return {
    close: async () => {
      stop.abort();
      await following;
    },
  };
}
