import { readFileSync } from 'node:fs';
import type { bootstrapSeedSchema } from '@artenic/core';
import type { z } from 'zod';
import { ArtenicError } from '../../../core/errors.ts';
import type { InstanceBootstrap } from '../provider.ts';
import type { RunnerPrograms } from './runner-programs.ts';

type BootstrapSeed = z.output<typeof bootstrapSeedSchema>;

/** Service from which a machine reads preemption notices. */
export type NoticePlace = {
  /** Name of the protocol: a file of `runner/notices/`. */
  readonly protocol: string;
  /** Base URL that the machine can reach. */
  readonly url: string;
};

export type BootParts = {
  readonly bootstrap: Pick<InstanceBootstrap, 'apiUrl' | 'attemptId' | 'bootstrapToken'>;
  readonly programs: RunnerPrograms;
  readonly powerOffAfterSeconds: number;
  /** Null: the cloud gives no notice to its machines. */
  readonly notices: NoticePlace | null;
  /** The cloud's size limit for the script. A larger script throws `invalid-request`. */
  readonly maxBytes: number;
};

const root = '/var/lib/artenic';
const cloudInit = '/var/lib/cloud';

const template = readFileSync(new URL('boot.sh', import.meta.url), 'utf8');

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * Builds the boot script of a rented machine: POSIX sh for cloud-init or its equivalent. The script holds the API's
 * address, the attempt and the runner's bootstrap token; the token is its only secret. The same input gives the same
 * text, because clouds refuse a different text under the same client token.
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
    // one line, so that no line can be the delimiter that ends the surrounding here-document
    BOOTSTRAP: JSON.stringify(seed),
  };
  const text = template.replaceAll(/@@([A-Z0-9_]+)@@/g, (_match, name: string) => values[name] ?? '');
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  throw new ArtenicError('invalid-request', `The boot script has ${bytes} bytes; the cloud takes ${maxBytes}.`);
}
