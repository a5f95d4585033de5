import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parseAst } from 'rolldown/parseAst';
import { isProgramNode, nodesBelow, type ProgramNode } from './support/program-nodes.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Tests wait for a condition (`support/poll.ts`); a pause between two polls may have this length. */
const longestPauseMs = 50;

/** Pauses that do not wait for a condition, with their reason. */
const paced: Readonly<Record<string, string>> = {
  'test/activities/providers/aws/world.ts': 'the notice that a cloud gives before it takes a machine',
  'test/chaos/chaos.test.ts': 'a schedule: faults come at random times',
  'test/chaos/cloud/outage.ts': 'a schedule, and looks at a whole control plane',
  'test/chaos/cloud/part.ts': 'what a supervisor does: it starts again after a while, and kills what does not end',
  'test/chaos/cloud/perform.ts': 'a runner that asks again',
  'test/chaos/cloud/play.ts': 'looks at a whole control plane',
  'test/chaos/cloud/stage.ts': 'a schedule: acts come some time after a point in the code',
  'test/chaos/cloud/stall.ts': 'a client that asks again and again during a stall of fixed length',
  'test/chaos/cloud/storage-weather.ts': 'a schedule: how long the storage stalls',
  'test/chaos/cloud/tell.ts': 'a schedule: how fast signals follow one another',
  'test/chaos/cloud/until-over.ts': 'looks at a whole control plane',
  'test/sdk/client/requests.test.ts': 'a body that takes longer than an answer may',
  'test/support/moto-machines.ts': 'the notice that a cloud gives before it takes a machine',
  'test/support/poll.ts': 'the pause between two looks, which grows',
  'test/support/slow-proxy.ts': 'a slow line: bytes that come at a rate',
  'test/web/dashboard/layout-shift.ts': 'a slow network: answers that come late',
};

/** Name of the called function: `a` of `a()`, `b` of `a.b()`. */
function nameOfCall(node: ProgramNode): string | null {
  if (node.type !== 'CallExpression' || !isProgramNode(node['callee'])) return null;
  const callee = node['callee'];
  const named = callee.type === 'MemberExpression' ? callee['property'] : callee;
  return isProgramNode(named) && typeof named['name'] === 'string' ? named['name'] : null;
}
const argumentsOf = (call: ProgramNode): readonly ProgramNode[] =>
  (call['arguments'] as readonly ProgramNode[] | undefined) ?? [];

/** Upper bound of a numeric expression; infinity when the text does not determine it. */
function mostOf(node: ProgramNode | undefined): number {
  if (node?.type === 'Literal' && typeof node['value'] === 'number') return node['value'];
  if (node !== undefined && nameOfCall(node) === 'random') return 1;
  if (node?.type !== 'BinaryExpression' || !isProgramNode(node['left']) || !isProgramNode(node['right']))
    return Infinity;
  const [left, right] = [mostOf(node['left']), mostOf(node['right'])];
  if (node['operator'] === '*') return left * right;
  if (node['operator'] === '+') return left + right;
  return node['operator'] === '%' ? right : Infinity;
}

const placeOfPause = new Map([
  ['sleep', 0],
  ['waitForTimeout', 0],
  ['setTimeout', 1],
]);
function pauseMs(node: ProgramNode): number | null {
  const name = nameOfCall(node);
  const place = placeOfPause.get(name ?? '');
  if (place === undefined) return null;
  // jest's own `setTimeout`, for the next hook or test.
  if (name === 'setTimeout' && argumentsOf(node).length < 2) return null;
  return mostOf(argumentsOf(node)[place]);
}

const readsClock = (node: ProgramNode): boolean => [...nodesBelow(node)].some((one) => nameOfCall(one) === 'now');

/** Finds `expect(<a clock>).toBeLess…`, also through a name that holds a difference of clock readings. */
function* clocksAsserted(program: ProgramNode): Generator<ProgramNode> {
  const durations = new Set<unknown>();
  for (const { type, id, init } of nodesBelow(program))
    if (type === 'VariableDeclarator' && isProgramNode(id) && isProgramNode(init) && isDuration(init))
      durations.add(id['name']);
  for (const node of nodesBelow(program)) {
    if (nameOfCall(node)?.startsWith('toBeLess') !== true || !isProgramNode(node['callee'])) continue;
    const expected = [...nodesBelow(node['callee'])].find((one) => nameOfCall(one) === 'expect');
    const seen = expected === undefined ? undefined : argumentsOf(expected)[0];
    if (seen === undefined) continue;
    const isNamed = [...nodesBelow(seen)].some((one) => one.type === 'Identifier' && durations.has(one['name']));
    if (readsClock(seen) || isNamed) yield node;
  }
}
function isDuration(init: ProgramNode): boolean {
  return init.type === 'BinaryExpression' && init['operator'] === '-' && readsClock(init);
}

type Faults = { readonly pauses: readonly number[]; readonly speeds: readonly number[] };

/** Line numbers of all faults. */
function faultsOf(text: string): Faults {
  const program = parseAst(text, { lang: 'ts' }) as unknown as ProgramNode;
  const lineOf = (node: ProgramNode): number => text.slice(0, Number(node['start'])).split('\n').length;
  return {
    pauses: [...nodesBelow(program)].filter((node) => (pauseMs(node) ?? 0) > longestPauseMs).map(lineOf),
    speeds: [...clocksAsserted(program)].map(lineOf),
  };
}

const faults = globSync('test/**/*.ts', { cwd: root })
  .filter((file) => !file.startsWith('test/bench/'))
  .map((file) => [file, faultsOf(readFileSync(join(root, file), 'utf8'))] as const);

test('no test waits for a fixed time, but for the named ones', () => {
  expect(faults.length).toBeGreaterThan(200);
  const found = faults.flatMap(([file, { pauses }]) => (pauses.length > 0 ? [[file, pauses] as const] : []));
  expect(found.filter(([file]) => paced[file] === undefined)).toEqual([]);
  expect(Object.keys(paced).filter((file) => !found.some(([name]) => name === file))).toEqual([]);
});

test('no test asserts how fast something is', () => {
  expect(faults.filter(([, { speeds }]) => speeds.length > 0)).toEqual([]);
});

test.each<readonly [string, number, number]>([
  ['await sleep(51);', 1, 0],
  ['await sleep(50);', 0, 0],
  ['await sleep(Math.random() * 50);', 0, 0],
  ['await sleep(20 + Math.random() * 50);', 1, 0],
  ['await sleep(round % 8);', 0, 0],
  ['await sleep(pauseMs);', 1, 0],
  ['await page.waitForTimeout(300);', 1, 0],
  ['await new Promise((done) => setTimeout(done, 400));', 1, 0],
  ['jest.setTimeout(60_000);', 0, 0],
  ['expect(performance.now() - startedMs).toBeLessThan(5000);', 0, 1],
  ['expect(Date.now()).toBeLessThan(deadlineMs);', 0, 1],
  ['const tookMs = Date.now() - startedMs; expect(tookMs / 2).toBeLessThanOrEqual(5000);', 0, 1],
  ['expect(performance.now() - askedMs).toBeGreaterThan(1000);', 0, 0],
  ['expect(deadlineMs).toBeLessThan(Date.now() + 1000);', 0, 0],
])('%s: %d pauses, %d speeds', (text, pauses, speeds) => {
  const found = faultsOf(text);
  expect([found.pauses.length, found.speeds.length]).toEqual([pauses, speeds]);
});

/** Openings that leave the reader to guess the subject, and words that have plainer ones. */
const riddles: readonly RegExp[] = [
  /^(?:What|Who|Whoever|Whatever|Nobody|Somebody|Everybody|So many|As if|Of (?:a|an|the|all|each|one|two|this|these|those))\b/,
  /\b(?:whoever|in vain|for ever|over night|as it should|of ours|made good)\b/i,
];

test.each([
  ['What the provider can do.', true],
  ['Of a provider that is not known.', true],
  ['The retry was in vain.', true],
  ['Capabilities of the provider.', false],
  ['States what the provider can do.', false],
])('a comment %j is a riddle: %p', (comment, expected) => {
  expect(riddles.some((pattern) => pattern.test(comment))).toBe(expected);
});

test('comments name their subject', () => {
  const found = globSync('**/*.{ts,tsx,mjs}', {
    cwd: root,
    exclude: ['**/node_modules/**', '**/dist/**', '.artenic*/**', 'test/conventions.test.ts'],
  }).flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => {
        const comment = /^\s*(?:\/\/|\/\*\*|\*) ?(.*)/.exec(line)?.[1];
        const isRiddle = comment !== undefined && riddles.some((pattern) => pattern.test(comment));
        return isRiddle ? [`${file}:${index + 1} ${comment}`] : [];
      }),
  );
  expect(found).toEqual([]);
});
