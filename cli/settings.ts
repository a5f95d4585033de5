import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, type ArtenicClient } from '@artenic/client';
import { z } from 'zod';
import { CliError } from './cli-error.ts';
import { profileOf, profilePath, readProfiles } from './profiles.ts';

export type GlobalOptions = {
  readonly url?: string;
  readonly apiKey?: string;
  readonly profile?: string;
  readonly timeout?: string;
  readonly json?: boolean;
};

/** A value and where it comes from, in words. */
export type Sourced<T> = { readonly value: T; readonly source: string };
export type Settings = {
  readonly profile: Sourced<string>;
  readonly url: Sourced<string> | null;
  readonly apiKey: Sourced<string> | null;
  readonly timeoutSeconds: Sourced<number>;
  readonly json: Sourced<boolean>;
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

/** The first that is there and not empty. */
function first<T>(...candidates: readonly (readonly [T | undefined, string])[]): Sourced<T> | null {
  for (const [value, source] of candidates) if (value !== undefined && value !== '') return { value, source };
  return null;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new CliError('usage', 'the timeout is a number of seconds above 0');
  return seconds;
}

/** Flags, then the environment, then the profile, then the stack on this machine, then defaults. */
export function readSettings(options: GlobalOptions): Settings {
  const { env } = process;
  const file = readProfiles();
  const named = first(
    [options.profile, '--profile'],
    [env['ARTENIC_PROFILE'], 'ARTENIC_PROFILE'],
    [file.profile, profilePath()],
  );
  const { name, profile } = profileOf(file, named?.value);
  const fromFile = `profile ${name}`;
  const stack = fromHome(findHome());
  const onThisMachine = 'the stack on this machine';
  const url = first(
    [options.url, '--url'],
    [env['ARTENIC_URL'], 'ARTENIC_URL'],
    [profile.url, fromFile],
    [stack.url, onThisMachine],
  );
  // A key belongs to one API: a profile's to the profile's, this machine's to this machine's.
  const isProfiles = profile.url === undefined || url?.value === profile.url;
  const timeout = first([options.timeout, '--timeout'], [env['ARTENIC_TIMEOUT'], 'ARTENIC_TIMEOUT']);
  return {
    profile: { value: name, source: named?.source ?? 'default' },
    url,
    apiKey: first(
      [options.apiKey, '--api-key'],
      [env['ARTENIC_API_KEY'], 'ARTENIC_API_KEY'],
      [isProfiles ? profile['api-key'] : undefined, fromFile],
      [url?.value === stack.url ? stack.apiKey : undefined, onThisMachine],
    ),
    timeoutSeconds:
      timeout === null
        ? (first([profile.timeout, fromFile]) ?? { value: 30, source: 'default' })
        : { value: secondsOf(timeout.value), source: timeout.source },
    json: first([options.json, '--json'], [profile.json, fromFile]) ?? { value: false, source: 'default' },
  };
}

export function clientFrom({ url, apiKey, timeoutSeconds }: Settings): ArtenicClient {
  if (url === null)
    throw new CliError(
      'usage',
      'no API is known: start one with `npm start`, or give --url, ARTENIC_URL or `artenic config set url …`',
    );
  if (!URL.canParse(url.value)) throw new CliError('usage', `this is not a URL (${url.source}): ${url.value}`);
  if (apiKey === null)
    throw new CliError(
      'usage',
      `no API key is known for ${url.value}: give ARTENIC_API_KEY, or \`artenic config set api-key -\` and paste it`,
    );
  return createClient({ url: url.value, apiKey: apiKey.value, timeoutMs: timeoutSeconds.value * 1000, retries: 2 });
}
