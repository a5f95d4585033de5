import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { steadyPaths } from '../http/steady-paths.ts';

/** Route and duration of a request whose answer is over. */
export type Answered = { readonly route: string; readonly tookMs: number };

/**
 * Writes a line for each answer: method, route, path, status, time, caller and correlation id. Query, headers and bodies are left out,
 * because they may hold credentials. Null when the level of the lines is not logged.
 */
export function accessLog(
  logger: Logger,
  isWanted: boolean,
): ((request: Request, response: Response, answered: Answered) => void) | null {
  const level = isWanted ? 'info' : 'debug';
  if (!logger.isLevelEnabled(level)) return null;
  return (request, response, { route, tookMs }) => {
    const { path, method, ip } = request;
    if (isWanted && steadyPaths.has(path)) return;
    const { correlationId, caller } = response.locals as { readonly correlationId: string; readonly caller?: string };
    const line = {
      ...{ method, route, path: path.slice(0, 300), status: response.statusCode, tookMs: Math.round(tookMs) },
      ...{ bytes: Number(response.getHeader('content-length') ?? 0), from: ip, correlationId },
      ...(caller === undefined ? {} : { caller }),
    };
    logger[level](line, 'request');
  };
}
