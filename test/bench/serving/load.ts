/**
 * A child process that requests an address repeatedly on a number of connections with minimal work: the requests are
 * prebuilt bytes, and it reads only the status and length of answers.
 */
import { connect } from 'node:net';
import { percentile } from '../statistics.ts';

export type LoadOrder = {
  readonly port: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly connections: number;
  readonly seconds: number;
};
export type LoadReport = {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly statuses: Readonly<Record<string, number>>;
};

function requestBytes({ port, method, path, headers, body }: LoadOrder): Buffer {
  const lines = Object.entries({ host: `127.0.0.1:${port}`, ...headers, 'content-length': String(body.length) });
  const head = `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** Length of the first complete answer in the buffer; null when the answer is incomplete. */
function answerLength(buffer: Buffer): number | null {
  const end = buffer.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const length = /\r\ncontent-length: (\d+)/i.exec(buffer.toString('latin1', 0, end))?.[1];
  if (length === undefined) throw new Error(`an answer without a length: ${buffer.toString('latin1', 0, end)}`);
  const total = end + 4 + Number(length);
  return buffer.length >= total ? total : null;
}

async function run(order: LoadOrder): Promise<LoadReport> {
  const bytes = requestBytes(order);
  const latencies: number[] = [];
  const statuses: Record<string, number> = {};
  const startedMs = performance.now();
  const untilMs = startedMs + order.seconds * 1000;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true });
      let received: Buffer = Buffer.alloc(0);
      let sentMs = performance.now();
      socket.on('connect', () => socket.write(bytes));
      socket.on('error', reject);
      socket.on('close', () => resolve());
      socket.on('data', (chunk: Buffer) => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
        const length = answerLength(received);
        if (length === null) return;
        const status = received.toString('latin1', 9, 12);
        statuses[status] = (statuses[status] ?? 0) + 1;
        received = received.subarray(length);
        const nowMs = performance.now();
        latencies.push(nowMs - sentMs);
        if (nowMs > untilMs) {
          socket.destroy();
          return;
        }
        sentMs = nowMs;
        socket.write(bytes);
      });
    });
  await Promise.all(Array.from({ length: order.connections }, one));
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    requests: latencies.length,
    perSecond: latencies.length / seconds,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    statuses,
  };
}

process.on('message', (order: LoadOrder) => void run(order).then((report) => process.send?.(report)));
process.once('disconnect', () => process.exit(0));
