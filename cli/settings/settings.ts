import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, type ArtenicClient } from '@artenic/client';
import { jsonOrNull } from '@artenic/core';
import { fetchByEnvironment } from '@artenic/core/proxy';
import { z } from 'zod';
import { CliError } from '../cli-error.ts';
import { profileOf, profilePath, readProfiles } from './profiles.ts';

export type GlobalOptions = {
  readonly url?: string;
  readonly apiKey?: string;
  readonly profile?: string;
  readonly timeout?: string;
  readonly json?: boolean;
  readonly wide?: boolean;
  readonly color?: boolean;
};

/** A value and a description of its source. */
export type Sourced<T> = { readonly value: T; readonly source: string };
export type Settings = {
  readonly profile: Sourced<string>;
  readonly url: Sourced<string> | null;
  readonly apiKey: Sourced<string> | null;
  /** Why an existing key is not used. */
  readonly keyRefusal: string | null;
  readonly timeoutSeconds: Sourced<number>;
  readonly json: Sourced<boolean>;
};

const endpointsSchema = z.object({ api: z.url({ protocol: /^https?$/ }) });
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;

const ownHome = fileURLToPath(new URL('../.artenic', import.meta.url));

/**
 * The state folder of a local stack: `ARTENIC_HOME`, `.artenic` here or in a parent, or the default of `artenic up`.
 */
function findHome(): string | null {
  const named = process.env['ARTENIC_HOME'];
  if (named !== undefined && named !== '') return resolve(named);
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.artenic', 'endpoints.json'))) return join(folder, '.artenic');
    if (folder === dirname(folder)) return existsSync(ownHome) ? ownHome : null;
  }
}

type FoundStack = { readonly url?: string; readonly apiKey?: string };

/** The folder may have come with a clone, so the contents of its files are checked like any input. */
function fromHome(home: string | null): FoundStack {
  if (home === null) return {};
  const [endpoints, key] = [join(home, 'endpoints.json'), join(home, 'admin.key')];
  const url = existsSync(endpoints) ? urlOf(endpoints) : undefined;
  return {
    ...(url === undefined ? {} : { url }),
    ...(existsSync(key) ? { apiKey: readFileSync(key, 'utf8').trim() } : {}),
  };
}

function urlOf(endpoints: string): string {
  const parsed = endpointsSchema.safeParse(jsonOrNull(readFileSync(endpoints, 'utf8')));
  if (!parsed.success)
    throw new CliError('usage', `${endpoints} names no API: start the stack again, or give --url and --api-key`);
  const { api } = parsed.data;
  if (!loopback.test(new URL(api).hostname))
    throw new CliError(
      'usage',
      `${endpoints} names ${api}, which is not on this machine: if you mean it, give --url and --api-key`,
    );
  return api;
}

/** The first candidate that is set and not empty. */
function first<T>(...candidates: readonly (readonly [T | undefined, string])[]): Sourced<T> | null {
  for (const [value, source] of candidates) if (value !== undefined && value !== '') return { value, source };
  return null;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new CliError('usage', 'give the timeout as a number of seconds above 0');
  return seconds;
}

/** A key goes only to the API that its own source names. Flags and environment count as a single source: this call. */
type Pair = { readonly url: Sourced<string> | null; readonly key: Sourced<string> | null };

/** The key for `url`, or the reason why the preferred key does not belong to it. */
function keyFor(
  url: Sourced<string> | null,
  { call, profile, stack }: { readonly call: Pair; readonly profile: Pair; readonly stack: Pair },
): Pick<Settings, 'apiKey' | 'keyRefusal'> {
  if (call.key !== null) {
    if (call.url !== null || url === null) return { apiKey: call.key, keyRefusal: null };
    const keyRefusal = `the key of ${call.key.source} came without a URL, and ${url.value} (${url.source}) has a key of its own: give --url or ARTENIC_URL beside it`;
    return { apiKey: null, keyRefusal };
  }
  if (profile.key !== null && profile.url === null) {
    const keyRefusal = `${profile.key.source} has a key but no URL to send it to: \`artenic config set url …\` says which API it is for`;
    return { apiKey: null, keyRefusal };
  }
  for (const pair of [profile, stack])
    if (pair.key !== null && pair.url?.value === url?.value) return { apiKey: pair.key, keyRefusal: null };
  return { apiKey: null, keyRefusal: null };
}

/** Precedence: flags, environment, profile, local stack, defaults. */
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
  const onThisMachine = 'the stack on this machine';
  const call: Pair = {
    url: first([options.url, '--url'], [env['ARTENIC_URL'], 'ARTENIC_URL']),
    key: first([options.apiKey, '--api-key'], [env['ARTENIC_API_KEY'], 'ARTENIC_API_KEY']),
  };
  const ofProfile: Pair = { url: first([profile.url, fromFile]), key: first([profile['api-key'], fromFile]) };
  const found = fromHome(findHome());
  const stack: Pair = { url: first([found.url, onThisMachine]), key: first([found.apiKey, onThisMachine]) };
  const url = call.url ?? ofProfile.url ?? stack.url;
  const timeout = first([options.timeout, '--timeout'], [env['ARTENIC_TIMEOUT'], 'ARTENIC_TIMEOUT']);
  return {
    profile: { value: name, source: named?.source ?? 'default' },
    url,
    ...keyFor(url, { call, profile: ofProfile, stack }),
    timeoutSeconds:
      timeout === null
        ? (first([profile.timeout, fromFile]) ?? { value: 30, source: 'default' })
        : { value: secondsOf(timeout.value), source: timeout.source },
    json: first([options.json, '--json'], [profile.json, fromFile]) ?? { value: false, source: 'default' },
  };
}

export function clientFrom({ url, apiKey, keyRefusal, timeoutSeconds }: Settings): ArtenicClient {
  if (url === null)
    throw new CliError(
      'usage',
      'no API is configured: start one with `npm start`, or give --url, ARTENIC_URL or `artenic config set url …`',
    );
  if (!URL.canParse(url.value)) throw new CliError('usage', `this is not a URL (${url.source}): ${url.value}`);
  if (apiKey === null)
    throw new CliError('usage', keyRefusal ?? `no API key is known for ${url.value}: ${adviceFor(url)}`);
  return createClient({
    url: url.value,
    apiKey: apiKey.value,
    timeoutMs: timeoutSeconds.value * 1000,
    retries: 2,
    fetch: fetchByEnvironment(),
  });
}

/** The key has to come from the same source as the URL. */
function adviceFor({ source }: Sourced<string>): string {
  return source.startsWith('profile ')
    ? '`artenic config set api-key -` and paste it'
    : 'give --api-key or ARTENIC_API_KEY, with --url or ARTENIC_URL beside it';
}
