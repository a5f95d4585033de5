import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parseAst } from 'rolldown/parseAst';
import { isProgramNode, nodesBelow } from './support/program-nodes.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Phrases that a reader has to decode, with the field's term (`docs/style.md`). */
const decoded: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/\b(?:is|are|was|were) not there\b/i, 'does not exist, not found, missing'],
  [/\b(?:go(?:es|ing)?|went) on\b(?!-)/i, 'continue, resume'],
  [/\bunder way\b/i, 'running, in progress'],
  [/\bof no use\b/i, 'has no effect'],
  [/\bwanted\b/i, 'requested, needed'],
  [/\blooked after\b/i, 'updated'],
  [/\bput right\b/i, 'fixed, resolved'],
  [/\b(?:nobody|whoever|anybody|somebody)\b/i, 'a concrete subject'],
  [/\bwho (?:waits|has|is)\b/i, 'a concrete subject'],
  [/\b(?:without a|last) words?\b/i, 'without a report, the end of the log'],
  [/\bhello\b/i, 'connects, reports'],
  [/\bsilent\b/i, 'stopped reporting'],
  [/\blet go\b/i, 'abandoned'],
  [/\bserved its time\b/i, 'expired'],
  [/\b(?:takes?|taken|took) (?:\w+ ){0,3}(?:back|away)\b/i, 'reclaims (a machine)'],
  [/\bso many\b/i, 'minimum, maximum, a number'],
  [/\b(?:does|do|did) not fit\b|\bnothing fits\b|\bfits\b/i, 'matches'],
  [/(?<!there )\b(?:is|are|was) no\b/i, 'is not a'],
  [/\bthis is none\b|\bfor none\b/i, 'a concrete noun'],
  [/\bby hand\b/i, 'manually'],
  [/\b(?:not|until it is) built\b/i, 'not supported yet'],
  [/\bthe (?:answer|API answered|storage answered|server answered)\b/i, 'response, returned'],
  [/\btells?\b/i, 'shows, reports'],
  [/\bfaults?\b/i, 'error'],
  [/\b(?:begins?|began|begun)\b/i, 'starts'],
  [/\b(?:is|was|are) over\b/i, 'has ended, has finished'],
  [/, too\b/i, 'also'],
  [/\bunderstood\b/i, 'unexpected response'],
  [/\b(?:comes?|came) back\b/i, 'recovered, is reachable again'],
  [/\bstands? for\b/i, 'means'],
  [/\bwhatever\b|\bin the meantime\b/i, 'a concrete subject'],
  [/\bhow it stands\b|\bhere lies\b/i, 'status'],
];

/** Texts of more than one word: literals, parts of templates, and text between tags. */
function* textsOf(path: string): Generator<string> {
  const program = parseAst(readFileSync(join(root, path), 'utf8'), { lang: path.endsWith('x') ? 'tsx' : 'ts' }, path);
  if (!isProgramNode(program)) throw new Error(`${path} is not a program`);
  for (const node of nodesBelow(program)) {
    const value = node.type === 'TemplateElement' ? (node['value'] as { cooked: unknown }).cooked : node['value'];
    if (!['Literal', 'TemplateElement', 'JSXText'].includes(node.type) || typeof value !== 'string') continue;
    // A literal of several lines is a program in another language.
    if (node.type !== 'JSXText' && value.includes('\n')) continue;
    if (/[a-z]{2,},? [a-z]/i.test(value)) yield value.replaceAll(/\s+/g, ' ').trim();
  }
}

const folders = [
  'web/src',
  'cli',
  'api',
  'app',
  'core',
  'activities',
  'workflows',
  'workers',
  'serving',
  'runner',
  'sdk',
];
const files = globSync(
  folders.map((folder) => `${folder}/**/*.{ts,tsx}`),
  { cwd: root, exclude: (path) => /(?:^|\/)(?:node_modules|dist)(?:\/|$)/.test(path) },
);

test('texts that people read use the terms of docs/style.md', () => {
  const found = files.flatMap((file) =>
    Array.from(textsOf(file)).flatMap((text) =>
      decoded.filter(([phrase]) => phrase.test(text)).map(([, instead]) => `${file}: "${text}" → ${instead}`),
    ),
  );
  expect(found).toEqual([]);
});

test.each([
  ['The file is not there.', 1],
  ['a machine that was taken back', 1],
  ['The file does not exist.', 0],
])('"%s" has %i such phrases', (text, count) => {
  expect(decoded.filter(([phrase]) => phrase.test(text))).toHaveLength(count);
});
