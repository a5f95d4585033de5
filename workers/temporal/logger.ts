import { DefaultLogger, type LogLevel } from '@temporalio/worker';
import type { Logger } from 'pino';

const levels: Readonly<Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** Logger that writes Temporal's own lines in this process's log format. */
export function temporalLogger(logger: Logger): DefaultLogger {
  return new DefaultLogger('WARN', (entry) =>
    logger[levels[entry.level]]({ ...entry.meta, source: 'temporal' }, entry.message),
  );
}
