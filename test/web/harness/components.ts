import { execFile } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
};
const policy =
  "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'";
export const plainHost = 'artenic.test';
const here = fileURLToPath(new URL('./', import.meta.url));
const viteProgram = fileURLToPath(new URL('../../../node_modules/vite/bin/vite.js', import.meta.url));
const axeSource = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export type Harness = {
  readonly browser: Browser;
  /** Opens a page of the harness; `problems` collects messages of the console, the policy and uncaught errors. */
  readonly open: (
    name: 'logs' | 'charts' | 'timelines' | 'playground' | 'notices',
    options?: {
      readonly theme?: 'light' | 'dark';
      readonly width?: number;
      readonly hash?: string;
      readonly maxLines?: number;
      /** `plainHost` is a name over plain http, where browsers offer less than on the machine itself. */
      readonly host?: string;
    },
  ) => Promise<{ readonly page: Page; readonly problems: readonly string[] }>;
  readonly close: () => Promise<void>;
};

async function serve(root: string) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = pathname === '/' ? '/index.html' : pathname;
    readFile(join(root, path)).then(
      (content) => {
        const type = types[extname(path)] ?? 'application/octet-stream';
        response.writeHead(200, { 'content-type': type, 'content-security-policy': policy }).end(content);
      },
      () => response.writeHead(path === '/favicon.ico' ? 204 : 404).end(),
    );
  });
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

/** Built once for all files of a run. */
async function built(): Promise<string> {
  const place = join(process.env['ARTENIC_TEST_FOLDER'] ?? '', 'components');
  if (existsSync(place)) return place;
  const own = `${place}-${process.pid}`;
  // Built in a process of its own, because Tailwind's plugin cannot be loaded inside jest.
  await promisify(execFile)(process.execPath, [viteProgram, 'build', here, '--outDir', own]);
  try {
    renameSync(own, place);
  } catch (error) {
    // Another test file has built it first.
    if (!existsSync(place)) throw error;
  }
  return place;
}

/** Every component on pages of its own, built like the dashboard, in a real browser under the dashboard's policy. */
export async function startHarness(): Promise<Harness> {
  const { server, port } = await serve(await built());
  const browser = await launchChromium([`--host-resolver-rules=MAP ${plainHost} 127.0.0.1`]);
  const open: Harness['open'] = async (name, options = {}) => {
    const { theme = 'light', width = 1280, hash = '', maxLines = 500_000, host = '127.0.0.1' } = options;
    const context = await browser.newContext({ viewport: { width, height: 900 }, locale: 'en-GB' });
    if (host !== plainHost) await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const problems: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(`http://${host}:${port}/?page=${name}&theme=${theme}&maxLines=${maxLines}${hash}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    return { page, problems };
  };
  const close = async (): Promise<void> => {
    await browser.close();
    server.close();
    server.closeAllConnections();
  };
  return { browser, open, close };
}

/** Violations of WCAG 2.2 AA and of good practice, as sentences. */
export async function violations(page: Page): Promise<readonly string[]> {
  // Evaluated instead of added as a script element, because the page's policy blocks script elements. axe gets the
  // global object through `Function`, which the policy refuses and reports, so that call is replaced by `globalThis`.
  const source = await readFile(axeSource, 'utf8');
  await page.evaluate(source.replaceAll('Function("return this")()', 'globalThis'));
  return page.evaluate(async () => {
    type Result = {
      readonly id: string;
      readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
    };
    type Axe = { readonly run: (options: object) => Promise<{ readonly violations: readonly Result[] }> };
    const { axe } = globalThis as unknown as { readonly axe: Axe };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations: found } = await axe.run({ runOnly: { type: 'tag', values: tags } });
    return found.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`),
    );
  });
}
