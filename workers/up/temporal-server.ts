import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

export type TemporalServerOptions = {
  readonly program: string;
  readonly port: number;
  /** null: no Web UI. */
  readonly uiPort: number | null;
  readonly databaseFile: string;
  readonly logFile: string;
  readonly namespaces?: readonly string[];
  /** Further flags, for tests. */
  readonly extraFlags?: readonly string[];
};

/** Temporal's dev server on loopback with a persistent file; search attributes are registered by the worker, here as on a real server. */
export function startTemporalServer(options: TemporalServerOptions): ChildProcess {
  mkdirSync(dirname(options.databaseFile), { recursive: true });
  const ui =
    options.uiPort === null
      ? ['--headless']
      : ['--ui-ip', '127.0.0.1', '--ui-port', String(options.uiPort), '--ui-disable-news-fetch'];
  const flags = [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(options.port), ...ui],
    ...[
      '--db-filename',
      options.databaseFile,
      '--sqlite-pragma',
      'journal_mode=WAL',
      '--sqlite-pragma',
      'synchronous=NORMAL',
    ],
    ...['--log-level', 'warn', '--log-format', 'json'],
    ...(options.namespaces ?? []).flatMap((namespace) => ['--namespace', namespace]),
    ...(options.extraFlags ?? []),
  ];
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    return spawn(options.program, flags, { detached: true, stdio: ['ignore', log, log] });
  } finally {
    closeSync(log);
  }
}
