import { createServer } from 'node:net';

function canListen(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => done(true)));
  });
}

/** A free port on loopback, chosen by the system. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? done(address.port) : fail(new Error('no port')),
      );
    });
  });
}

/** The wished port, or a free one in its place. */
export async function choosePort(wished: number, taken: ReadonlySet<number>): Promise<number> {
  if (!taken.has(wished) && (await canListen(wished))) return wished;
  for (;;) {
    const port = await freePort();
    if (!taken.has(port)) return port;
  }
}
