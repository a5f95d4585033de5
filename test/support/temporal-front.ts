import { once } from 'node:events';
import {
  connect,
  constants,
  createSecureServer,
  type ClientHttp2Session,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificates.ts';

export type Call = { readonly path: string; readonly headers: IncomingHttpHeaders };

export type TemporalFront = {
  readonly address: string;
  /** Every call that has come through, in its order. */
  readonly calls: readonly Call[];
  /** Last parts of paths (`UpdateNamespace`) that are answered with PERMISSION_DENIED. */
  readonly refused: Set<string>;
  readonly close: () => Promise<void>;
};

const permissionDenied = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '7' };

/** Carries one call to the server and its answer back, trailers included. */
function carry(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, server: ClientHttp2Session): void {
  const { ':authority': _, ...kept } = headers;
  const call = server.request({ ...kept, ':scheme': 'http' });
  let trailers: IncomingHttpHeaders = {};
  call.on('trailers', (got) => (trailers = got));
  call.on('response', (answer, flags) => {
    if (stream.destroyed || stream.closed) return;
    const isAll = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    stream.respond(answer, isAll ? { endStream: true } : { waitForTrailers: true });
    if (!isAll) call.pipe(stream);
  });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.pipe(call);
  // when one end closes, the other is closed too
  for (const [one, other] of [
    [stream, call],
    [call, stream],
  ] as const) {
    one.on('error', () => undefined);
    one.on('aborted', () => other.close(constants.NGHTTP2_CANCEL));
  }
  call.on('close', () => call.rstCode !== 0 && stream.close(call.rstCode));
}

/** Mutual TLS before a Temporal server that speaks in the clear; a recorder of what its callers send. */
export async function startTemporalFront(options: {
  readonly target: string;
  readonly own: Certificate;
  /** Authority that must have signed the callers' certificates; null: callers need no certificate. */
  readonly clientAuthority: string | null;
}): Promise<TemporalFront> {
  const { target, own, clientAuthority } = options;
  const calls: Call[] = [];
  const refused = new Set<string>();
  const sessions = new Set<Http2Session>();
  let upstream: ClientHttp2Session | null = null;
  const toServer = (): ClientHttp2Session => {
    if (upstream === null || upstream.closed || upstream.destroyed) {
      upstream = connect(`http://${target}`);
      upstream.on('error', () => undefined);
    }
    return upstream;
  };
  const front = createSecureServer({
    ...{ cert: own.certificate, key: own.key },
    ...(clientAuthority === null ? {} : { requestCert: true, rejectUnauthorized: true, ca: clientAuthority }),
  });
  front.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined);
    session.once('close', () => sessions.delete(session));
  });
  front.on('stream', (stream, headers) => {
    const path = headers[':path'] ?? '';
    calls.push({ path, headers });
    stream.on('error', () => undefined);
    if (refused.has(path.slice(path.lastIndexOf('/') + 1))) stream.respond(permissionDenied, { endStream: true });
    else carry(stream, headers, toServer());
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  return {
    address: `127.0.0.1:${(front.address() as AddressInfo).port}`,
    calls,
    refused,
    close: async () => {
      front.close();
      for (const session of sessions) session.destroy();
      upstream?.destroy();
      await once(front, 'close');
    },
  };
}
