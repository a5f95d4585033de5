import { createServer } from 'node:http';
import { messageOf } from '../core/errors.ts';

export type HealthServer = {
  /** `/readyz` answers no until this is called. A check that throws counts as no, with the error's message. */
  readonly setReady: (check: () => Promise<boolean>) => void;
  readonly close: () => Promise<void>;
};

/** `/livez` and `/readyz` for a process without its own API. */
export function startHealthServer(options: { readonly host: string; readonly port: number }): Promise<HealthServer> {
  let ready: () => Promise<boolean> = () => Promise.resolve(false);
  const server = createServer((request, response) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
    if (request.url === '/livez') return void answer(200, { live: true });
    if (request.url !== '/readyz') return void answer(404, { error: 'only /livez and /readyz are here' });
    ready().then(
      (yes) => answer(yes ? 200 : 503, { ready: yes, pid: process.pid }),
      (error: unknown) => answer(503, { ready: false, reason: messageOf(error) }),
    );
  });
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(options.port, options.host, () => {
      done({
        setReady: (check) => {
          ready = check;
        },
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}
