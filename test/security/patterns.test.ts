import { expect, test } from '@jest/globals';
import { check } from 'recheck';
import { placeOf, sourcesOf, walk } from './sources.ts';

const folders = ['activities', 'api', 'app', 'cli', 'core', 'runner', 'scripts', 'sdk', 'serving', 'simulated-cloud'];
const everywhere = [...folders, 'store', 'web/src', 'workers', 'workflows'];

type Pattern = { readonly place: string; readonly source: string; readonly flags: string };

function patterns(): readonly Pattern[] {
  const found = new Map<string, Pattern>();
  for (const source of sourcesOf(everywhere)) {
    walk(source.tree, (node) => {
      const regex = node.type === 'Literal' ? (node['regex'] as { pattern: string; flags: string } | undefined) : null;
      if (regex === undefined || regex === null) return;
      const { pattern, flags } = regex;
      found.set(`/${pattern}/${flags}`, { place: placeOf(source, node), source: pattern, flags });
    });
  }
  return [...found.values()];
}

/** Patterns that repeat only over a fixed length. Recheck's result for them is a guess. */
const ofFixedLength: ReadonlySet<string> = new Set([String.raw`\d{16}|\d[eE][+-]?\d{3}|\.\d{300}`]);

/** `null` when matching takes linear time in the text's length. */
async function complaint({ place, source, flags }: Pattern): Promise<string | null> {
  const result = await check(source, flags, { timeout: 20_000 });
  if (result.status === 'safe' || ofFixedLength.has(source)) return null;
  const why = result.status === 'vulnerable' ? result.complexity.summary : `unknown (${result.error.kind})`;
  return `${place}: ${why} /${source}/${flags}`;
}

test('every pattern takes time in proportion to what it reads', async () => {
  const all = patterns();
  expect(all.length).toBeGreaterThan(100);
  const complaints: string[] = [];
  for (const pattern of all) {
    const found = await complaint(pattern);
    if (found !== null) complaints.push(found);
  }
  expect(complaints).toEqual([]);
}, 120_000);

/** Patterns built from escaped texts, numbers or fixed names, which contain no repetition. */
const madeFromTexts: ReadonlySet<string> = new Set([
  'core/failover/words.ts',
  'runner/secrets/masking.ts',
  'web/src/features/logs/log-search.ts',
]);

test('patterns are written as literals, which this test reads', () => {
  const made: string[] = [];
  for (const source of sourcesOf(everywhere)) {
    walk(source.tree, (node) => {
      const callee = node['callee'] as { readonly name?: string } | undefined;
      if ((node.type === 'NewExpression' || node.type === 'CallExpression') && callee?.name === 'RegExp')
        if (!madeFromTexts.has(source.path)) made.push(placeOf(source, node));
    });
  }
  expect(made).toEqual([]);
});
