import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Transform } from 'node:stream';

export type SlowProxy = {
  readonly url: string;
  /** Rate towards the server, shared by all connections; answers are not slowed. */
  bytesPerSecond: number;
  /** Bytes carried to the server so far. */
  readonly carriedBytes: () => number;
  readonly close: () => Promise<void>;
};

/** A connection to a server on this machine, at a speed that the test chooses. */
export async function startSlowProxy(target: string): Promise<SlowProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let carried = 0;
  /** Time when the line is free again, by `performance.now`. */
  let freeAtMs = 0;
  const slowly = (): Transform =>
    new Transform({
      highWaterMark: 16_384,
      transform: (chunk: Buffer, _, done) => {
        const nowMs = performance.now();
        freeAtMs = Math.max(freeAtMs, nowMs) + (chunk.length / proxy.bytesPerSecond) * 1000;
        setTimeout(() => {
          carried += chunk.length;
          done(null, chunk);
        }, freeAtMs - nowMs);
      },
    });
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      // When either end closes, the other end closes too.
      socket.on('error', () => undefined);
      socket.once('close', () => (socket === near ? far : near).destroy());
    }
    near.pipe(slowly()).pipe(far);
    far.pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: SlowProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytesPerSecond: Number.POSITIVE_INFINITY,
    carriedBytes: () => carried,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
