import { existsSync, readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { ArtenicError } from '../core/errors.ts';

/** Shorter values are not masked, because they would turn ordinary words into stars. */
const shortestSecret = 4;
const fileSchema = z.record(z.string(), z.string());

/**
 * Resolves named secrets: first `ARTENIC_SECRET_<NAME>` of this process, then the file. The file must be readable by
 * its owner only. Secrets are resolved at each runner's hello, so that a changed secret needs no restart.
 */
export function createSecrets(options: {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: string;
}): (names: readonly string[]) => Promise<Readonly<Record<string, string>>> {
  return async (names) => {
    if (names.length === 0) return {};
    const fromFile = readSecretsFile(options.file);
    const found = names.map((name) => {
      const value = options.environment[`ARTENIC_SECRET_${name}`] ?? fromFile[name];
      if (value === undefined)
        throw new ArtenicError(
          'not-found',
          `There is no secret ${name}: set ARTENIC_SECRET_${name}, or put it into ${options.file}.`,
        );
      if (value.length < shortestSecret) {
        throw new ArtenicError(
          'validation-failed',
          `The secret ${name} has fewer than ${shortestSecret} characters: it could not be masked in logs.`,
        );
      }
      return [name, value] as const;
    });
    return Object.fromEntries(found);
  };
}

function readSecretsFile(file: string): Readonly<Record<string, string>> {
  if (!existsSync(file)) return {};
  if ((statSync(file).mode & 0o077) !== 0)
    throw new ArtenicError('forbidden', `${file} can be read by others: chmod 600 it.`);
  const parsed = fileSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success)
    throw new ArtenicError('validation-failed', `${file} must be a JSON object of names and values.`);
  return parsed.data;
}
