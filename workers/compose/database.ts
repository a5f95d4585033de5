import type { Logger } from 'pino';
import { closeOrm, migrate, openOrm } from '../../store/orm.ts';
import { retryUntilReady } from '../loops/until-it-works.ts';

/** Connects and migrates; waits until PostgreSQL is there. */
export function openDatabase(options: Parameters<typeof openOrm>[0], logger: Logger): ReturnType<typeof openOrm> {
  return retryUntilReady('PostgreSQL', logger, async () => {
    const opened = await openOrm(options);
    try {
      await migrate(opened);
      return opened;
    } catch (error) {
      await closeOrm(opened);
      throw error;
    }
  });
}
