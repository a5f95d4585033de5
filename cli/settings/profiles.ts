import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { writeWhole } from '@artenic/core/write-whole';
import { parse, stringify, TomlError } from 'smol-toml';
import { z } from 'zod';
import { CliError } from '../cli-error.ts';

export const profileSettings = ['url', 'api-key', 'timeout', 'json'] as const;
export type ProfileSetting = (typeof profileSettings)[number];

const profileSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'is not an http or https URL' }).optional(),
  'api-key': z.string().min(1).optional(),
  /** Timeout of a request in seconds. */
  timeout: z.number().positive().optional(),
  json: z.boolean().optional(),
});
export type Profile = z.output<typeof profileSchema>;

const nameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'is not a profile name');
const fileSchema = z.strictObject({
  /** Profile used when none is named. */
  profile: nameSchema.optional(),
  profiles: z.record(nameSchema, profileSchema).default({}),
});
export type ProfileFile = z.output<typeof fileSchema>;

/** `~/.artenic/config.toml`. Only its owner may read the folder, because the file holds keys. */
export function profilePath(): string {
  return join(homedir(), '.artenic', 'config.toml');
}

export function readProfiles(path = profilePath()): ProfileFile {
  if (!existsSync(path)) return { profiles: {} };
  let content: unknown;
  try {
    content = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof TomlError)
      throw new CliError('usage', `${path}:${error.line}:${error.column}: this is not TOML`);
    throw error;
  }
  const parsed = fileSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  // The value may be a key, so the message names only its place.
  const [issue] = parsed.error.issues;
  throw new CliError('usage', `${path}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
}

/** True when other users of this machine could read the keys. */
export function isOpenToOthers(path = profilePath()): boolean {
  return existsSync(path) && (statSync(path).mode & 0o077) !== 0;
}

/** Written atomically, with mode 0600 in a folder of mode 0700. */
export function writeProfiles(file: ProfileFile, path = profilePath()): void {
  const folder = join(path, '..');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  writeWhole(path, `${stringify(file)}\n`);
}

/** The profile of this name. An unknown name is an error, but the default profile may be missing. */
export function profileOf(
  file: ProfileFile,
  named: string | undefined,
): { readonly name: string; readonly profile: Profile } {
  const name = named ?? file.profile ?? 'default';
  const profile = file.profiles[name];
  if (profile !== undefined) return { name, profile };
  if (named === undefined && file.profile === undefined) return { name, profile: {} };
  const known = Object.keys(file.profiles);
  throw new CliError(
    'usage',
    `no profile "${name}"${known.length === 0 ? '' : `, only ${known.join(', ')}`}; \`artenic config set --profile ${name} url …\` creates it`,
  );
}

/** A copy of the file with a changed setting; `text` is the user's input. */
export function withSetting(file: ProfileFile, name: string, setting: ProfileSetting, text: string): ProfileFile {
  if (!nameSchema.safeParse(name).success) throw new CliError('usage', `"${name}" is not a profile name`);
  const value = setting === 'timeout' ? Number(text) : setting === 'json' ? asBoolean(text) : text;
  const parsed = profileSchema.safeParse({ ...file.profiles[name], [setting]: value });
  if (!parsed.success)
    throw new CliError('usage', `${setting}: ${parsed.error.issues[0]?.message ?? 'this value cannot be used'}`);
  return { ...file, profiles: { ...file.profiles, [name]: parsed.data } };
}

function asBoolean(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new CliError('usage', 'json is true or false');
  return text === 'true';
}
