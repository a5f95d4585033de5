import { readFileSync } from 'node:fs';
import type { bootstrapSeedSchema } from '@artenic/core';
import type { z } from 'zod';
import { ArtenicError } from '../../../core/errors.ts';
import type { InstanceBootstrap } from '../provider.ts';
import type { RunnerPrograms } from '../runner-programs.ts';

type BootstrapSeed = z.output<typeof bootstrapSeedSchema>;

/** EC2's limit, before base64. */
const maxBytes = 16_384;
const root = '/var/lib/artenic';
const cloudInit = '/var/lib/cloud';
/** Link-local, on every instance of EC2. */
const metadataUrl = 'http://169.254.169.254';

const template = readFileSync(new URL('boot.sh', import.meta.url), 'utf8');

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * What a machine does when it boots. It holds the API's address, the attempt and the one token with which its runner
 * introduces itself, and nothing else that opens anything. The same input gives the same text: EC2 refuses another one
 * under the same client token.
 */
export function userDataOf(parts: {
  readonly bootstrap: Pick<InstanceBootstrap, 'apiUrl' | 'attemptId' | 'bootstrapToken'>;
  readonly programs: RunnerPrograms;
  readonly powerOffAfterSeconds: number;
}): string {
  const { programs, powerOffAfterSeconds } = parts;
  const { apiUrl, attemptId, bootstrapToken } = parts.bootstrap;
  // the runner asks the API for the rest
  const seed: BootstrapSeed = { apiUrl, attemptId, bootstrapToken, workDir: `${root}/work`, cacheDir: `${root}/cache` };
  const values: Readonly<Record<string, string>> = {
    API_URL: quoted(apiUrl.replace(/\/$/, '')),
    ATTEMPT_ID: quoted(attemptId),
    BOOTSTRAP_TOKEN: quoted(bootstrapToken),
    RUNNER_SHA256: quoted(programs.runnerSha256),
    NODE_SHA256: quoted(programs.nodeSha256 ?? ''),
    ROOT: quoted(root),
    CLOUD_INIT: quoted(cloudInit),
    METADATA_URL: quoted(metadataUrl),
    POWER_OFF_AFTER_SECONDS: String(Math.ceil(powerOffAfterSeconds)),
    // one line, so that no line of it ends the document it stands in
    BOOTSTRAP: JSON.stringify(seed),
  };
  const text = template.replaceAll(/@@([A-Z0-9_]+)@@/g, (_match, name: string) => values[name] ?? '');
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  throw new ArtenicError('invalid-request', `The user data has ${bytes} bytes; EC2 takes ${maxBytes}.`);
}
