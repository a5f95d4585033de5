import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Sets the seed that selects parts of long tests, unless `ARTENIC_TEST_SEED` is given. It is the commit, so the selection
 * changes, and a failure can be repeated.
 */
function chooseSeed(): string {
  const given = process.env['ARTENIC_TEST_SEED'];
  if (given !== undefined) return given;
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd: fileURLToPath(new URL('../../', import.meta.url)),
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .toString()
      .trim();
  } catch {
    return 'no-commit';
  }
}

export function setSeed(): void {
  process.env['ARTENIC_TEST_SEED'] = chooseSeed();
}
