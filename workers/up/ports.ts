import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Whether this port is free on loopback. */
export function canListen(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => done(true)));
  });
}

/**
 * Ports below the range that systems use for outgoing connections (from 32,768 on Linux, from 49,152 elsewhere): a free
 * port stays free until a server binds it, which takes some seconds.
 */
const [lowestPort, highestPort] = [20_000, 32_000];
const mostTries = 200;

/** A free port on loopback. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < mostTries; tries++) {
    const port = randomInt(lowestPort, highestPort);
    if (await canListen(port)) return port;
  }
  throw new Error(`No port of ${mostTries} between ${lowestPort} and ${highestPort} is free.`);
}

/** The wished port if it is free, otherwise another free port. */
export async function choosePort(wished: number, taken: ReadonlySet<number>): Promise<number> {
  if (!taken.has(wished) && (await canListen(wished))) return wished;
  for (;;) {
    const port = await freePort();
    if (!taken.has(port)) return port;
  }
}
