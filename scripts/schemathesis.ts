/**
 * `node scripts/schemathesis.ts <url> <key file> [examples per operation]`: PyPI's schemathesis asks a running API for
 * every operation of its document, with data it makes up, and looks for server errors and for answers that the document
 * does not have. Ends with its exit code. Use an installation that may be filled with rubbish.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonTool } from './python-tools.mjs';

const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'response_headers_conformance',
];

const [url, keyFile, examples = '50'] = process.argv.slice(2);
if (url === undefined || keyFile === undefined) {
  console.error('usage: node scripts/schemathesis.ts <url> <key file> [examples per operation]');
  process.exit(2);
}
const root = fileURLToPath(new URL('..', import.meta.url));
const { status } = spawnSync(
  join(pythonTool(root, 'schemathesis'), 'schemathesis'),
  [
    'run',
    new URL('/openapi.json', url).href,
    ...['--header', `Authorization: Bearer ${readFileSync(keyFile, 'utf8').trim()}`],
    ...['--checks', checks.join(','), '--max-examples', examples, '--continue-on-failure', '--no-color'],
    ...['--phases', 'examples,coverage,fuzzing', '--request-timeout', '30', '--suppress-health-check', 'all'],
  ],
  { stdio: 'inherit', env: { ...process.env, PYTHONUNBUFFERED: '1' } },
);
process.exitCode = status ?? 1;
