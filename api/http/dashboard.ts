import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { ownValue } from '@artenic/core';
import type { Express, Request, Response } from 'express';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

type Asset = { readonly type: string; readonly plain: Buffer; readonly gzip: Buffer | null };

function read(path: string): Asset | null {
  const type = ownValue(types, extname(path));
  if (type === undefined) return null;
  return { type, plain: readFileSync(path), gzip: existsSync(`${path}.gz`) ? readFileSync(`${path}.gz`) : null };
}

/**
 * Reads all files into memory (some hundred kilobytes): a build that replaces the folder never mixes with the build
 * that is being served.
 */
function readAll(folder: string): ReadonlyMap<string, Asset> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.flatMap((entry): [string, Asset][] => {
      const path = join(entry.parentPath, entry.name);
      const asset = read(path);
      return asset === null ? [] : [[`/${relative(folder, path).split(sep).join('/')}`, asset]];
    }),
  );
}

function send(request: Request, response: Response, asset: Asset, cacheControl: string): void {
  const isGzip = asset.gzip !== null && request.acceptsEncodings('gzip') === 'gzip';
  const body = isGzip ? (asset.gzip ?? asset.plain) : asset.plain;
  response.setHeader('content-type', asset.type);
  response.setHeader('cache-control', cacheControl);
  response.setHeader('vary', 'Accept-Encoding, Accept');
  if (isGzip) response.setHeader('content-encoding', 'gzip');
  response.setHeader('content-length', body.length);
  response.status(200).end(request.method === 'HEAD' ? undefined : body);
}

/** Whether the request is for a page of the dashboard and not for an answer of the API. */
function wantsPage(request: Request): boolean {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const accepts = request.headers.accept ?? '';
  return isRead && accepts.includes('text/html') && !/^\/(?:api|docs|assets|ws)(?:\/|$)/.test(request.path);
}

/**
 * Serves the built dashboard: its files by name, and its page for every other address that a browser navigates to,
 * because the dashboard does its own routing. Mounted behind the API's routes, so those come first.
 */
export function serveDashboard(app: Express, folder: string | null): void {
  const files = folder === null || !existsSync(join(folder, 'index.html')) ? new Map<string, Asset>() : readAll(folder);
  const page = files.get('/index.html');
  app.use((request, response, next) => {
    const asset = request.method === 'GET' || request.method === 'HEAD' ? files.get(request.path) : undefined;
    if (asset !== undefined && asset !== page) {
      const isHashed = request.path.startsWith('/assets/');
      return send(request, response, asset, isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    }
    if (page !== undefined && wantsPage(request)) return send(request, response, page, 'no-store');
    if (request.path === '/' && (request.method === 'GET' || request.method === 'HEAD'))
      return response.redirect(302, '/docs');
    next();
  });
}
