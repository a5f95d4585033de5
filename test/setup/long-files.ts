import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { byTurns, isFull } from '../support/share.ts';

/** Files with whole platforms, browsers or servers of others: half of the suite's processor time. */
const long = [
  /^test\/(?:chaos|e2e)\//,
  /^test\/web\/dashboard\//,
  /^test\/api\/(?:external|predict-faults)/,
  /^test\/cli\/commands/,
  /^test\/activities\/providers\/aws\/provider/,
];
/** One long file of so many runs in `npm test`. */
const oneIn = 3;

/**
 * Patterns of the long files that this run leaves out. `npm test` takes a third of them, another one for each commit.
 * The gate, a full run and a run that names files leave out none.
 */
export function leftOut(root: string, args: readonly string[]): readonly string[] {
  const namesFiles = args.some((arg) => !arg.startsWith('-'));
  if (namesFiles || isFull || process.env['ARTENIC_TEST_FILES'] === 'all') return [];
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .map((path) => `test/${path.split(sep).join('/')}`)
    .filter((path) => path.endsWith('.test.ts') && long.some((pattern) => pattern.test(path)))
    .toSorted();
  const taken = new Set(byTurns('long files', files, Math.ceil(files.length / oneIn)));
  return files.filter((file) => !taken.has(file)).map((file) => `/${file.replaceAll('.', '[.]')}$`);
}
