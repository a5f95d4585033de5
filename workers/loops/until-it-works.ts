import { setTimeout as sleep } from 'node:timers/promises';
import { backOffMs } from '@artenic/core';
import type { Logger } from 'pino';
import { messageOf } from '../../core/errors.ts';

const betweenTriesMs = { first: 250, most: 500 };
/** Only every 20th failure is logged: a server that is away for an hour must not fill the log. */
const sayEvery = 20;

/** Tries until the server behind `attempt` answers: processes may start in any order. */
export async function retryUntilReady<T>(what: string, logger: Logger, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (tries % sayEvery === 0) logger.warn({ error: messageOf(error) }, `${what} cannot be used yet; trying again`);
      await sleep(backOffMs(tries, betweenTriesMs));
    }
  }
}
