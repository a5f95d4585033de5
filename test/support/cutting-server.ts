import { once } from 'node:events';
import { createServer } from 'node:net';
import { poll } from './poll.ts';

export type CuttingServer = {
  /** Resolves after this many connections. */
  readonly tried: (times: number) => Promise<true>;
  readonly close: () => Promise<void>;
};

/** Replaces an unavailable server: it cuts and counts every connection, so that a test sees a client try. */
export async function startCuttingServer(port: number): Promise<CuttingServer> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    tried: (times) => poll(`${times} connections`, 20_000, () => (connections >= times ? true : null)),
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
