import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { ownValue } from '@artenic/core';
import type { Underway } from '../../app/loops/underway.ts';

export type RunningServer = {
  readonly server: Server;
  readonly port: number;
  /**
   * Refuses new connections, lets running answers finish, closes the remaining connections, and waits for the app to
   * settle.
   */
  readonly close: (graceMs: number) => Promise<void>;
};

/** Status by the error code of Node's HTTP parser, for requests that it refuses; every other code is 400. */
const statusByCode: Readonly<Record<string, readonly [status: number, phrase: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
};

/**
 * Sends the last bytes and destroys the socket, even if the peer keeps its half open: an open socket would keep the
 * server from closing.
 */
export function endForGood(socket: Duplex, lastWords: string): void {
  socket.once('finish', () => socket.destroy());
  socket.end(lastWords);
}

function answerGarbage(error: Error, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const [status, phrase] = ownValue(statusByCode, 'code' in error ? String(error.code) : '') ?? [400, 'Bad Request'];
  const body = JSON.stringify({
    type: 'urn:artenic:error:malformed-request',
    title: 'The request cannot be read',
    status,
    detail: 'This is not HTTP as we know it.',
    correlationId: randomUUID(),
  });
  endForGood(
    socket,
    `HTTP/1.1 ${status} ${phrase}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function closeGently(server: Server, graceMs: number): Promise<void> {
  return new Promise((closed) => {
    // A connection becomes idle when its answer ends.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(timer);
      closed();
    });
  });
}

/** Sockets of live readers included. Below the usual limit of open files, so that files can still be opened. */
const mostConnections = 8000;

/** Listens with limits against slow and silent clients. */
export function startServer(
  app: RequestListener & Partial<Pick<Underway, 'settled'>>,
  options: { readonly host: string; readonly port: number },
): Promise<RunningServer> {
  // Uploads of gigabytes take long; headers do not.
  const server = createServer({
    headersTimeout: 10_000,
    requestTimeout: 900_000,
    // Longer than proxies keep an idle connection (60 s for nginx and AWS's load balancer): otherwise a request may travel on
    // a connection that this side is just closing, and its client sees a reset.
    keepAliveTimeout: 75_000,
    maxHeaderSize: 16_384,
  });
  server.on('request', (_, response) => {
    // Without this, bytes beyond the announced length would be the beginning of the next answer for a proxy that shares
    // connections.
    response.strictContentLength = true;
  });
  server.on('request', app);
  server.maxConnections = mostConnections;
  server.on('clientError', answerGarbage);
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(options.port, options.host, () => {
      const { port } = server.address() as AddressInfo;
      const close = async (graceMs: number): Promise<void> => {
        await closeGently(server, graceMs);
        await app.settled?.();
      };
      done({ server, port, close });
    });
  });
}
