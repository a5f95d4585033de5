import type { Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { maskCredentials } from '../../core/secrets.ts';
import { messageOf } from '../../core/errors.ts';
import type { TemporalProblem } from '../../store/types.ts';
import { prepareTemporal, type Namespace } from './setup.ts';

const longestMessage = 500;

export type SetupWatch = {
  /** Problems that the last preparation found. */
  readonly problems: () => readonly TemporalProblem[];
  /** Runs the preparation; its failure is kept as `blocked` and thrown. */
  readonly prepare: (open: () => Promise<Connection>, timeoutMs: number) => Promise<void>;
};

/** Prepares the namespace and remembers what is wrong with it, for the worker's reports. New problems are logged. */
export function watchSetup(wanted: Namespace, logger: Logger): SetupWatch {
  let problems: readonly TemporalProblem[] = [];
  const keep = (found: readonly TemporalProblem[]): void => {
    const known = new Set(problems.map(({ message }) => message));
    for (const { kind, message } of found) if (kind !== 'blocked' && !known.has(message)) logger.warn(message);
    problems = found;
  };
  return {
    problems: () => problems,
    prepare: async (open, timeoutMs) => {
      try {
        keep(await prepareTemporal(await open(), wanted, timeoutMs));
      } catch (error) {
        keep([{ kind: 'blocked', message: maskCredentials(messageOf(error)).slice(0, longestMessage) }]);
        throw error;
      }
    },
  };
}
