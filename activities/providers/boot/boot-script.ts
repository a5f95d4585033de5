import { readFileSync } from 'node:fs';
import type { bootstrapSeedSchema } from '@artenic/core';
import type { z } from 'zod';
import { ArtenicError } from '../../../core/errors.ts';
import type { InstanceBootstrap } from '../provider.ts';
import type { RunnerPrograms } from './runner-programs.ts';

type BootstrapSeed = z.output<typeof bootstrapSeedSchema>;

/** Where a machine learns that it is taken back. */
export type NoticePlace = {
  /** Name of the protocol: a file of `runner/notices/`. */
  readonly protocol: string;
  /** Base URL, as the machine reaches it. */
  readonly url: string;
};

export type BootParts = {
  readonly bootstrap: Pick<InstanceBootstrap, 'apiUrl' | 'attemptId' | 'bootstrapToken'>;
  readonly programs: RunnerPrograms;
  readonly powerOffAfterSeconds: number;
  /** Null: the cloud gives no notice to its machines. */
  readonly notices: NoticePlace | null;
  /** What the cloud takes of such a script. Throws `invalid-request` above it. */
  readonly maxBytes: number;
};

const root = '/var/lib/artenic';
const cloudInit = '/var/lib/cloud';

const template = readFileSync(new URL('boot.sh', import.meta.url), 'utf8');

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * What a rented machine does when it boots, as POSIX sh for cloud-init or what takes its place. It holds the API's address,
 * the attempt and the one token with which its runner introduces itself, and nothing else that opens anything. The same
 * input gives the same text: clouds refuse another one under the same client token.
 */
export function bootScriptOf({ bootstrap, programs, powerOffAfterSeconds, notices, maxBytes }: BootParts): string {
  const { apiUrl, attemptId, bootstrapToken } = bootstrap;
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
    NOTICES: quoted(notices?.protocol ?? ''),
    METADATA_URL: quoted(notices?.url ?? ''),
    POWER_OFF_AFTER_SECONDS: String(Math.ceil(powerOffAfterSeconds)),
    // one line, so that no line of it ends the document it stands in
    BOOTSTRAP: JSON.stringify(seed),
  };
  const text = template.replaceAll(/@@([A-Z0-9_]+)@@/g, (_match, name: string) => values[name] ?? '');
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  throw new ArtenicError('invalid-request', `The boot script has ${bytes} bytes; the cloud takes ${maxBytes}.`);
}
