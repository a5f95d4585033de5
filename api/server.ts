import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type RunningServer = {
  readonly server: Server;
  readonly port: number;
  /** Takes no new connection, lets answers under way finish, then closes what is left. */
  readonly close: (graceMs: number) => Promise<void>;
};

/** Listens with limits that a slow or silent client cannot sit out. */
export function startServer(
  app: RequestListener,
  options: { readonly host: string; readonly port: number },
): Promise<RunningServer> {
  // Uploads of gigabytes take their time; headers do not.
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 900_000, keepAliveTimeout: 10_000, maxHeaderSize: 16_384 },
    app,
  );
  server.on('clientError', (_error, socket) => {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const body = JSON.stringify({
      type: 'urn:artenic:error:malformed-request',
      title: 'The request cannot be read',
      status: 400,
      detail: 'This is not HTTP as we know it.',
      correlationId: '',
    });
    socket.end(
      `HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  });
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(options.port, options.host, () => {
      const { port } = server.address() as AddressInfo;
      done({
        server,
        port,
        close: (graceMs) =>
          new Promise((closed) => {
            const timer = setTimeout(() => server.closeAllConnections(), graceMs);
            server.close(() => {
              clearTimeout(timer);
              closed();
            });
            server.closeIdleConnections();
          }),
      });
    });
  });
}
