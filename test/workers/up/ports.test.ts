import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { choosePort, freePort } from '../../../workers/up/ports.ts';

test('a free port is below those of outgoing connections, and can be bound', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, freePort));
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(20_000);
    expect(port).toBeLessThan(32_000);
  }
  const server = createServer().listen(ports[0], '127.0.0.1');
  await once(server, 'listening');
  expect(await choosePort(ports[0] ?? 0, new Set())).not.toBe(ports[0]);
  server.close();
  await once(server, 'close');
  expect(await choosePort(ports[0] ?? 0, new Set())).toBe(ports[0]);
});
