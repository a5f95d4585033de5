import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Point } from './points.ts';

export type Hit = { readonly point: Point; readonly jobId: string | null };
type Question = Hit & { readonly id: number };
/** `lost`: the step takes effect, but its answer is lost. */
export type Answer = 'go' | 'lost';

/** Asks the harness for permission to go on; no answer means that the process is killed. */
export type Ask = (point: Point, jobId: string | null) => Promise<Answer>;

/** Called in the process under test. The process exits without the harness, because its results would be useless. */
export function connectFailpoints(path: string): Ask {
  const waiting = new Map<number, (answer: Answer) => void>();
  let asked = 0;
  const socket = createConnection(path);
  socket.once('error', () => process.exit(70));
  socket.once('close', () => process.exit(70));
  const lines = createInterface({ input: socket });
  lines.once('error', () => process.exit(70));
  lines.on('line', (line) => {
    const [number, answer] = line.split(' ');
    const id = Number(number);
    waiting.get(id)?.(answer === 'lost' ? 'lost' : 'go');
    waiting.delete(id);
  });
  return (point, jobId) =>
    new Promise((go) => {
      const id = asked++;
      waiting.set(id, go);
      socket.write(`${JSON.stringify({ id, point, jobId } satisfies Question)}\n`);
    });
}

/** Called in the harness: `onHit` decides what happens before the process goes on. */
export async function serveFailpoints(path: string, onHit: (hit: Hit) => Promise<Answer>): Promise<Server> {
  const serve = (socket: Socket): void => {
    const lines = createInterface({ input: socket });
    // The other side is usually killed in the middle of a message.
    for (const one of [socket, lines]) one.on('error', () => undefined);
    lines.on('line', (line) => {
      const { id, ...hit } = JSON.parse(line) as Question;
      void onHit(hit).then((answer) => {
        if (socket.writable) socket.write(`${id} ${answer}\n`);
      });
    });
  };
  const server = createServer(serve);
  await new Promise<void>((done) => {
    server.listen(path, done);
  });
  return server;
}
