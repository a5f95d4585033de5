import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, createSecureContext } from 'node:tls';
import type { TLSConfig } from '@temporalio/client';
import type { Logger } from 'pino';
import type { TemporalServer } from '../../app/temporal/server.ts';
import { ArtenicError, messageOf } from '../../core/errors.ts';
import type { Config } from '../config.ts';
import { hasTls } from './tls.ts';

type PathOption =
  | 'TEMPORAL_TLS_SERVER_CA_CERT_PATH'
  | 'TEMPORAL_TLS_CLIENT_CERT_PATH'
  | 'TEMPORAL_TLS_CLIENT_KEY_PATH'
  | 'TEMPORAL_API_KEY_FILE';

function fileOf(config: Config, option: PathOption): Buffer | null {
  const path = config[option];
  if (path === undefined) return null;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`${option} names ${path}, which cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function tlsOf(config: Config): TLSConfig {
  const ca = fileOf(config, 'TEMPORAL_TLS_SERVER_CA_CERT_PATH');
  const crt = fileOf(config, 'TEMPORAL_TLS_CLIENT_CERT_PATH');
  const key = fileOf(config, 'TEMPORAL_TLS_CLIENT_KEY_PATH');
  try {
    // `createSecureContext` accepts any text as an authority
    if (ca !== null) void new X509Certificate(ca);
    createSecureContext({
      ...(ca === null ? {} : { ca }),
      ...(crt === null || key === null ? {} : { cert: crt, key }),
    });
  } catch (error) {
    const names = 'TEMPORAL_TLS_SERVER_CA_CERT_PATH, TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH';
    throw new Error(`${names} do not name PEM files that fit together: ${messageOf(error)}`, { cause: error });
  }
  const serverName = config.TEMPORAL_TLS_SERVER_NAME;
  return {
    ...(ca === null ? {} : { serverRootCACertificate: ca }),
    ...(crt === null || key === null ? {} : { clientCertPair: { crt, key } }),
    ...(serverName === undefined ? {} : { serverNameOverride: serverName }),
  };
}

/** Characters that a header may hold. */
const printable = /^[\x21-\x7e]+$/;

function apiKeyOf(config: Config): string | null {
  const text = fileOf(config, 'TEMPORAL_API_KEY_FILE')?.toString('utf8').trim();
  if (text === undefined) return null;
  if (!printable.test(text)) throw new Error('TEMPORAL_API_KEY_FILE must name a file with one key and nothing else');
  return text;
}

/** @throws Error for files that are not there or do not hold what they should */
export function temporalServerOf(config: Config): TemporalServer {
  const apiKey = apiKeyOf(config);
  return {
    ...{ address: config.TEMPORAL_ADDRESS, namespace: config.TEMPORAL_NAMESPACE },
    ...(hasTls(config) ? { tls: tlsOf(config) } : {}),
    ...(apiKey === null ? {} : { apiKey }),
  };
}

const probeMs = 2000;

/** Why the TLS handshake with the server fails: this side's error or the server's alert. Null when it succeeds. */
function tlsFault({ address, tls }: TemporalServer): Promise<string | null> {
  if (tls === undefined) return Promise.resolve(null);
  const { hostname, port } = new URL(`https://${address}`);
  const { serverRootCACertificate: ca, clientCertPair, serverNameOverride } = tls;
  return new Promise((done) => {
    const socket = connect({
      ...{ host: hostname, port: Number(port === '' ? 7233 : port), ALPNProtocols: ['h2'] },
      ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
      ...(clientCertPair === undefined
        ? {}
        : { cert: Buffer.from(clientCertPair.crt), key: Buffer.from(clientCertPair.key) }),
      servername: serverNameOverride ?? hostname,
    });
    const answer = (fault: string | null): void => {
      socket.destroy();
      done(fault);
    };
    // a server that refuses the client certificate sends its alert after the handshake; a server that accepts it sends HTTP/2 settings
    socket.once('data', () => answer(null));
    socket.once('error', (error) => answer(messageOf(error)));
    socket.once('close', () =>
      answer(
        'the server closed the connection without a reason, as some servers do that do not trust the certificate of the client',
      ),
    );
    socket.setTimeout(probeMs, () => answer(null));
  });
}

async function tlsErrorOf(server: TemporalServer): Promise<ArtenicError | null> {
  const fault = await tlsFault(server);
  return fault === null
    ? null
    : new ArtenicError('unavailable', `no TLS connection to Temporal at ${server.address}: ${fault}`);
}

/** Connects; a failure carries the TLS reason, which gRPC does not report. */
export async function explained<T>(server: TemporalServer, connecting: Promise<T>): Promise<T> {
  try {
    return await connecting;
  } catch (error) {
    throw (await tlsErrorOf(server)) ?? error;
  }
}

/** Logs the TLS reason, for a process that runs on without Temporal and would only report that Temporal does not answer. */
export async function sayWhyTlsFails(server: TemporalServer, logger: Logger): Promise<void> {
  const error = await tlsErrorOf(server);
  if (error !== null) logger.warn(error.message);
}
