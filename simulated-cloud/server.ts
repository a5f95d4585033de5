import { once } from 'node:events';
import { createServer } from 'node:http';
import express, { type NextFunction, type Request, type Response } from 'express';
import { Cloud, type CloudOptions } from './cloud.ts';
import { controlRoutes } from './routes/control.ts';
import { customerRoutes } from './routes/customer.ts';
import { metadataRoutes } from './routes/metadata.ts';
import { Refusal } from './rules/refusals.ts';

export type CloudServer = {
  readonly url: string;
  readonly cloud: Cloud;
  /** Stops listening; machines keep running. */
  readonly close: () => Promise<void>;
};

/** Starts the simulated cloud on 127.0.0.1; port 0 takes a free port. */
export async function startCloud(options: Omit<CloudOptions, 'url'> & { readonly port: number }): Promise<CloudServer> {
  let url = '';
  const cloud = new Cloud({ ...options, url: () => url });
  const app = express();
  app.disable('x-powered-by');
  app.use(checkHost);
  app.use(express.json({ limit: '256kb' }));
  app.get('/livez', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.use('/v1', customerRoutes(cloud));
  app.use('/control', controlRoutes(cloud));
  app.use('/metadata/:id/:key', metadataRoutes(cloud));
  app.use((request) => {
    throw new Refusal('NotFound', `There is no ${request.method} ${request.path}.`);
  });
  app.use(answerError);
  const server = createServer(app);
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  url = `http://127.0.0.1:${address.port}`;
  cloud.resume();
  return {
    url,
    cloud,
    close: async () => {
      await cloud.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Prevents DNS rebinding: a page of another site may reach 127.0.0.1 under its own host name. */
function checkHost(request: Request, _response: Response, next: NextFunction): void {
  if (!/^(?:localhost|127(?:\.\d{1,3}){3})(?::\d+)?$/i.test(request.headers.host ?? ''))
    throw new Refusal('InvalidParameter', 'This cloud is for the machine it runs on.', { status: 403 });
  next();
}

function answerError(error: unknown, _request: Request, response: Response, next: NextFunction): void {
  if (response.headersSent) {
    next(error);
    return;
  }
  const refusal = error instanceof Refusal ? error : refusalOf(error);
  if (refusal.retryAfterSeconds !== null) response.set('retry-after', String(refusal.retryAfterSeconds));
  response.status(refusal.status).json({ error: { code: refusal.code, message: refusal.message } });
}

function refusalOf(error: unknown): Refusal {
  // body-parser's own errors describe the fault of the request.
  const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500;
  const message = error instanceof Error ? error.message : String(error);
  if (status < 500) return new Refusal('InvalidParameter', message, { status });
  process.stderr.write(`simulated cloud: ${error instanceof Error ? (error.stack ?? message) : message}\n`);
  return new Refusal('InternalError', message);
}
