import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { slowestLines } from './events.ts';
import { listFiles, runFiles, type SuiteRun } from './run.ts';
import { closingLines, hasFailed, verdictOf } from './verdict.ts';

/**
 * Runs the suite like CI: all files, then each failed file once more, alone. Ends with the ten slowest files, the flaky
 * files, and a line of counts. `node test/gate/main.ts [root]`; a file may take `ARTENIC_TEST_FILE_SECONDS` (default
 * 900).
 */
const root = resolve(process.argv[2] ?? '.');
const folder = mkdtempSync(join(tmpdir(), 'artenic-gate-'));
const fileTimeoutMs = Number(process.env['ARTENIC_TEST_FILE_SECONDS'] ?? 900) * 1000;
const options = { root, folder, fileTimeoutMs };
const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function repeat(first: SuiteRun): Promise<SuiteRun['results']> {
  const results = [];
  for (const [index, { file }] of first.results.filter(hasFailed).entries()) {
    say(`\nonce more, alone: ${file}`);
    results.push(...(await runFiles([file], `again-${index}`, options)).results);
  }
  return results;
}

try {
  const first = await runFiles(await listFiles(root), 'first', options);
  const verdict = verdictOf(first.results, await repeat(first));
  say(`\n${slowestLines(first.events, 10)}\n${closingLines(verdict)}`);
  process.exitCode = verdict.failed > 0 || verdict.passed === 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
