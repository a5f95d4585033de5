import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Checks for server errors, and for answers that the OpenAPI document does not describe. */
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'unsupported_method',
  'ignored_auth',
].join(',');

export type Asked = {
  /** URL of a running API, and a key for it. */
  readonly api: string;
  readonly key: string;
  /** An existing job and model, because nearly all reading cases would get 404 otherwise. */
  readonly jobId: string;
  readonly model: string;
};

function knownThings({ jobId, model }: Asked): string {
  return `[[operations]]
include-path-regex = "^/api/v1/models/"
parameters = { "path.name" = "${model}", "path.version" = 1 }

[[operations]]
include-path-regex = "^/api/v1/services/"
parameters = { "path.service" = "${model}" }

[[operations]]
include-path-regex = "^/api/v1/(jobs|training)/"
include-method = "GET"
parameters = { "path.id" = "${jobId}" }
`;
}

/**
 * Runs a third-party fuzzer (PyPI `schemathesis`) against a running API.
 * @param bin folder of the program
 * @param options more options of `st run`
 * @returns the exit code, 0 for no failure, and the printed output
 */
export async function runSchemathesis(
  bin: string,
  asked: Asked,
  options: readonly string[],
): Promise<{ readonly exitCode: number | null; readonly printed: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'artenic-schemathesis-'));
  try {
    writeFileSync(join(folder, 'schemathesis.toml'), knownThings(asked));
    // It cannot write bodies of the tus protocol, which has clients of its own.
    const left = ['--exclude-path-regex', '^/api/v1/uploads'];
    const fixed = ['--header', `Authorization: Bearer ${asked.key}`, '--checks', checks, ...left];
    const fuzzer = spawn(join(bin, 'st'), ['run', `${asked.api}/openapi.json`, ...fixed, ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: folder,
    });
    let printed = '';
    for (const stream of [fuzzer.stdout, fuzzer.stderr])
      stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    const [exitCode] = (await once(fuzzer, 'close')) as [number | null];
    return { exitCode, printed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
