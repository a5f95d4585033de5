/**
 * `node scripts/schemathesis.ts [options of st run]`: runs the fuzzer PyPI `schemathesis` against every operation of an
 * API that this script starts. Fails on server errors and on answers that the OpenAPI document does not describe.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { pythonTool } from './python-tools.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'unsupported_method',
  'ignored_auth',
].join(',');
const startLimitMs = 120_000;

async function startStack(home: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'workers', 'up.ts')], {
    stdio: 'inherit',
    env: { ...process.env, ARTENIC_HOME: home },
  });
  const deadlineMs = Date.now() + startLimitMs;
  // Operations can then read the first job's model and logs.
  while (!existsSync(join(home, 'demo.json'))) {
    if (child.exitCode !== null || Date.now() > deadlineMs) throw new Error('the stack did not start');
    await sleep(100);
  }
  return child;
}

/** Real ids for operations that read; with random ids nearly all cases would answer 404. */
function knownThings(home: string): string {
  const demo = z.object({ jobId: z.string() }).parse(JSON.parse(readFileSync(join(home, 'demo.json'), 'utf8')));
  return `[[operations]]
include-path-regex = "^/api/v1/models/"
parameters = { "path.name" = "penguins", "path.version" = 1 }

[[operations]]
include-path-regex = "^/api/v1/jobs/"
include-method = "GET"
parameters = { "path.id" = "${demo.jobId}" }
`;
}

const home = mkdtempSync(join(tmpdir(), 'artenic-schemathesis-'));
const program = join(pythonTool(root, 'schemathesis'), 'st');
const stack = await startStack(home);
try {
  const { api } = z.object({ api: z.url() }).parse(JSON.parse(readFileSync(join(home, 'endpoints.json'), 'utf8')));
  const key = readFileSync(join(home, 'admin.key'), 'utf8').trim();
  writeFileSync(join(home, 'schemathesis.toml'), knownThings(home));
  const authorization = `Authorization: Bearer ${key}`;
  const fuzzer = spawn(
    program,
    ['run', `${api}/openapi.json`, '--header', authorization, '--checks', checks, ...process.argv.slice(2)],
    { stdio: 'inherit', cwd: home },
  );
  const [exitCode] = (await once(fuzzer, 'exit')) as [number | null];
  process.exitCode = exitCode ?? 1;
} finally {
  const ended = once(stack, 'exit');
  stack.kill('SIGINT');
  await ended;
  rmSync(home, { recursive: true, force: true });
}
