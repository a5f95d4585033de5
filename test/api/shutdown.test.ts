import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, test } from '@jest/globals';
import { exactly } from '../../api/http/exact-length.ts';
import { startServer } from '../../api/http/server.ts';

const textOf = async (response: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const part of response) text += String(part);
  return text;
};
const ask = async (port: number, path: string, agent?: Agent): Promise<IncomingMessage> => {
  const request = get({ port, path, ...(agent === undefined ? {} : { agent }) });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
};

const longerThanTheTest = 3_600_000;

test('closing lets the answer under way end, refuses new ones and does not wait for idle connections', async () => {
  const began = Promise.withResolvers<() => void>();
  const { port, close } = await startServer(
    (request, response) => {
      if (request.url === '/slow') began.resolve(() => response.end('all of it'));
      else response.end('quick');
    },
    { host: '127.0.0.1', port: 0 },
  );
  const agent = new Agent({ keepAlive: true });
  expect(await textOf(await ask(port, '/quick', agent))).toBe('quick');
  const slow = ask(port, '/slow', agent);
  const idle = new Agent({ keepAlive: true });
  await textOf(await ask(port, '/quick', idle));
  const finish = await began.promise;
  const closed = close(longerThanTheTest);
  await expect(ask(port, '/quick')).rejects.toThrow(/ECONNREFUSED/);
  finish();
  expect(await textOf(await slow)).toBe('all of it');
  await closed;
  agent.destroy();
  idle.destroy();
  // Less than the time for which the server keeps an idle connection.
}, 9000);

test('what does not end within the grace is cut', async () => {
  const began = Promise.withResolvers<void>();
  const { port, close } = await startServer(() => began.resolve(), { host: '127.0.0.1', port: 0 });
  const never = ask(port, '/');
  const cut = expect(never).rejects.toThrow(/hang up|ECONNRESET/);
  await began.promise;
  await close(100);
  await cut;
});

test('a port that is taken is told', async () => {
  const first = await startServer(() => undefined, { host: '127.0.0.1', port: 0 });
  await expect(startServer(() => undefined, { host: '127.0.0.1', port: first.port })).rejects.toThrow(/EADDRINUSE/);
  await first.close(0);
});

test('a client that sent garbage and keeps its half of the connection open does not hold up closing', async () => {
  const { port, close } = await startServer(() => undefined, { host: '127.0.0.1', port: 0 });
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.write('hello\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 400 /);
  // The end of the grace does not cut this connection: if it stayed open, `close` would never resolve.
  await close(100);
  socket.destroy();
});

test.each([
  ['more', ['abc', 'defHTTP/1.1 200 OK']],
  ['less', ['abc', 'd']],
])(
  'an answer with %s bytes than it has promised ends with its connection, not in the next answer',
  async (_, parts) => {
    const refused: unknown[] = [];
    const { port, close } = await startServer(
      (_request, response) => {
        expect(response.strictContentLength).toBe(true);
        response.setHeader('content-length', 6);
        const source = exactly(Readable.from(parts.map((part) => Buffer.from(part))), 6);
        pipeline(Readable.from(source), response).catch((error: unknown) => refused.push(error));
      },
      { host: '127.0.0.1', port: 0 },
    );
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    let text = '';
    for await (const chunk of socket as AsyncIterable<Buffer>) text += chunk.toString();
    expect(text.split('\r\n\r\n')[1]).toBe(parts[1] === 'd' ? 'abcd' : 'abc');
    expect(refused).toHaveLength(1);
    await close(0);
  },
);
