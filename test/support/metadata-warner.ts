import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The part of AWS's metadata service that announces an interruption; the test chooses the time. */
export type MetadataWarner = {
  readonly url: string;
  readonly warn: (leftMs: number) => void;
  readonly close: () => void;
};

export async function startMetadataWarner(): Promise<MetadataWarner> {
  let deadline: string | null = null;
  const server = createServer((request, response) => {
    if (request.method === 'PUT') response.end('token');
    else if (deadline === null || request.url?.endsWith('/instance-action') !== true) response.writeHead(404).end();
    else response.end(JSON.stringify({ action: 'terminate', time: deadline }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    warn: (leftMs) => {
      deadline = new Date(Date.now() + leftMs).toISOString();
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
