import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Fate of a request: passed on, its answer lost, never answered, or answered with an error. */
export type Fate =
  | 'pass'
  | 'lose-answer'
  | 'hang'
  | {
      readonly status: number;
      readonly type: string;
      readonly body: string;
      readonly headers?: Record<string, string>;
    };

export type StorageFaultProxy = {
  readonly url: string;
  /** Decides by the request and its number since the last `reset`. */
  fateOf: (asked: IncomingMessage, number: number) => Fate;
  asked: number;
  /** Requests without an answer whose client has closed the connection. */
  hungUp: number;
  readonly reset: () => void;
  readonly cutConnections: () => void;
  readonly close: () => void;
};

/** Stands in front of a storage server. Requests arrive there as they were sent, so their signatures stay right. */
export async function startStorageFaultProxy(upstream: string): Promise<StorageFaultProxy> {
  const server = createServer((incoming, outgoing) => {
    const fate = proxy.fateOf(incoming, ++proxy.asked);
    if (typeof fate === 'object') {
      incoming.resume().once('end', () => {
        outgoing.writeHead(fate.status, { 'content-type': fate.type, ...fate.headers });
        outgoing.end(fate.body);
      });
      return;
    }
    if (fate === 'hang') {
      incoming.socket.once('close', () => proxy.hungUp++);
      return;
    }
    const { method, url, headers } = incoming;
    const forwarded = request(`${new URL(upstream).origin}${url}`, { method, headers }, (answer) => {
      if (fate === 'lose-answer') {
        answer.resume().once('end', () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.once('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const pass = (): Fate => 'pass';
  const proxy: StorageFaultProxy = {
    url: `http://127.0.0.1:${port}`,
    fateOf: pass,
    asked: 0,
    hungUp: 0,
    reset: () => {
      proxy.fateOf = pass;
      proxy.asked = 0;
      proxy.hungUp = 0;
    },
    cutConnections: () => server.closeAllConnections(),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return proxy;
}
