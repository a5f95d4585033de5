import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { get } from 'node:http';
import { dirname } from 'node:path';
import { Connection } from '@temporalio/client';
import { z } from 'zod';
import { ArtenicError } from '../../core/errors.ts';
import { freePort } from './ports.ts';

/**
 * Where the server's two HTTP services listen. Both accept any caller, so web pages must not be able to address them:
 * the Web UI has a random address that only the guard uses, and the HTTP API accepts only a random host name that only
 * this stack sends.
 */
export type TemporalHttp = {
  readonly uiHost: string;
  readonly uiPort: number;
  readonly apiPort: number;
  readonly apiHostName: string;
};

export type TemporalServerOptions = {
  readonly program: string;
  readonly port: number;
  /** null: no Web UI, and an HTTP API that accepts no caller. */
  readonly http: TemporalHttp | null;
  readonly databaseFile: string;
  readonly logFile: string;
  readonly namespaces?: readonly string[];
  /** More flags, for tests. */
  readonly extraFlags?: readonly string[];
};

const randomName = () => randomBytes(24).toString('hex');

export async function chooseTemporalHttp(): Promise<TemporalHttp> {
  const [uiPort, apiPort] = await Promise.all([freePort(), freePort()]);
  // On Linux the whole network 127.0.0.0/8 is loopback, on other systems only its first address.
  const uiHost =
    process.platform === 'linux' ? `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}` : '127.0.0.1';
  return { uiHost, uiPort, apiPort, apiHostName: randomName() };
}

function httpFlags(http: TemporalHttp | null): readonly string[] {
  const allowed = (name: string) => ['--dynamic-config-value', `frontend.httpAllowedHosts=["${name}"]`];
  if (http === null) return ['--headless', ...allowed(randomName())];
  return [
    ...['--ui-ip', http.uiHost, '--ui-port', String(http.uiPort), '--ui-disable-news-fetch'],
    ...['--http-port', String(http.apiPort), ...allowed(http.apiHostName)],
  ];
}

/**
 * Temporal's dev server on loopback with a persistent file. The worker registers the search attributes, as on a real
 * server.
 */
export function startTemporalServer(options: TemporalServerOptions): ChildProcess {
  mkdirSync(dirname(options.databaseFile), { recursive: true });
  const flags = [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(options.port), ...httpFlags(options.http)],
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

const clusterSchema = z.object({ clusterId: z.string().min(1) });
const askTimeoutMs = 2000;

/** The cluster id of this stack's child: no other server knows the host name. */
function ownClusterId({ apiPort, apiHostName }: TemporalHttp): Promise<string> {
  return new Promise((done, fail) => {
    const request = get(
      {
        ...{ host: '127.0.0.1', port: apiPort, path: '/api/v1/cluster-info', timeout: askTimeoutMs },
        headers: { host: apiHostName },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', fail);
        response.on('end', () => {
          try {
            if (response.statusCode !== 200) throw new Error(`its HTTP API answered ${response.statusCode}`);
            done(clusterSchema.parse(JSON.parse(text)).clusterId);
          } catch (error) {
            fail(error);
          }
        });
      },
    );
    request.on('timeout', () => request.destroy(new Error('its HTTP API does not answer')));
    request.on('error', fail);
  });
}

/**
 * Throws unless the server at this port is the child that `http` belongs to: another stack's server may also answer
 * there.
 */
export async function checkOwnTemporal(port: number, http: TemporalHttp): Promise<void> {
  const connection = await Connection.connect({ address: `127.0.0.1:${port}`, connectTimeout: 500 });
  try {
    const { clusterId } = await connection.workflowService.getClusterInfo({});
    const own = await ownClusterId(http).catch(() => null);
    if (own === clusterId) return;
    throw new ArtenicError(
      'unavailable',
      `port ${port} is held by another Temporal server, cluster ${clusterId}; ours is ${own ?? 'not up'}`,
    );
  } finally {
    await connection.close();
  }
}
