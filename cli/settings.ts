import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, type ArtenicClient } from '@artenic/client';
import { z } from 'zod';
import { CliError } from './cli-error.ts';

export type GlobalOptions = {
  readonly url?: string;
  readonly apiKey?: string;
  readonly timeout?: string;
  readonly json?: boolean;
};

const endpointsSchema = z.object({ api: z.url() });

const ownHome = fileURLToPath(new URL('../.artenic', import.meta.url));

/** The state folder of a stack on this machine: `ARTENIC_HOME`, `.artenic` here or above, or where `artenic up` puts it. */
function findHome(): string | null {
  const named = process.env['ARTENIC_HOME'];
  if (named !== undefined && named !== '') return resolve(named);
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.artenic', 'endpoints.json'))) return join(folder, '.artenic');
    if (folder === dirname(folder)) return existsSync(ownHome) ? ownHome : null;
  }
}

function fromHome(home: string | null): { readonly url?: string; readonly apiKey?: string } {
  if (home === null) return {};
  const [endpoints, key] = [join(home, 'endpoints.json'), join(home, 'admin.key')];
  return {
    ...(existsSync(endpoints) ? { url: endpointsSchema.parse(JSON.parse(readFileSync(endpoints, 'utf8'))).api } : {}),
    ...(existsSync(key) ? { apiKey: readFileSync(key, 'utf8').trim() } : {}),
  };
}

const present = (text: string | undefined): string | undefined =>
  text === undefined || text === '' ? undefined : text;

/** Flags first, then the environment, then the stack on this machine. */
export function clientFrom(options: GlobalOptions): ArtenicClient {
  const local = fromHome(findHome());
  const url = options.url ?? present(process.env['ARTENIC_URL']) ?? local.url;
  // this machine's own key is for this machine's own stack
  const localKey = url === local.url ? local.apiKey : undefined;
  const apiKey = options.apiKey ?? present(process.env['ARTENIC_API_KEY']) ?? localKey;
  if (url === undefined)
    throw new CliError('usage', 'no API is known: start one with `npm start`, or give --url or ARTENIC_URL');
  if (!URL.canParse(url)) throw new CliError('usage', `--url is not a URL: ${url}`);
  if (apiKey === undefined) throw new CliError('usage', 'no API key is known: give --api-key or ARTENIC_API_KEY');
  const timeoutSeconds = Number(options.timeout ?? 30);
  if (!(timeoutSeconds > 0)) throw new CliError('usage', '--timeout is a number of seconds above 0');
  return createClient({ url, apiKey, timeoutMs: timeoutSeconds * 1000, retries: 2 });
}
