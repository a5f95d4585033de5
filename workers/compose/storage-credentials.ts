import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf } from '../../core/errors.ts';

const secret = z.string().min(1).max(10_000);

export const s3CredentialsSchema = z.object({ accessKeyId: secret, secretAccessKey: secret });
/** The file that Google makes for a service account has more members. */
export const gcsCredentialsSchema = z.object({ client_email: secret, private_key: secret });
export const azureCredentialsSchema = z.object({ accountKey: secret });

/** Reads a JSON file with credentials. Its errors name the file and the missing member, never a value. */
export function readCredentials<T>(file: string, schema: z.ZodType<T>): T {
  const { data, error } = schema.safeParse(contentOf(file));
  if (data !== undefined) return data;
  const members = (error?.issues ?? []).map(({ path }) => path.join('.')).join(', ');
  throw new Error(`The file ${file} has no valid credentials: ${members || 'not a JSON object'}.`);
}

function contentOf(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`The file ${file} with a storage's credentials cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
