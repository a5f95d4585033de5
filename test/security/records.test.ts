import { expect, test } from '@jest/globals';
import { isNode, placeOf, sourcesOf, walk, type Node, type Source } from './sources.ts';

const folders = [
  'activities',
  'api',
  'app',
  'cli',
  'core',
  'runner',
  'sdk',
  'serving',
  'store',
  'workers',
  'workflows',
];
/** Indexed by a single character of a pickle; objects inherit no property with so short a name. */
const byCharacter: ReadonlySet<string> = new Set(['serving/files/pickle.ts']);

const textOf = ({ text }: Source, node: unknown): string => (isNode(node) ? text.slice(node.start, node.end) : '');

/** Names of a module's constants that are tables by any name: `const names: Readonly<Record<string, …>> = { … }`. */
function tablesOf(source: Source, isExported: boolean): ReadonlySet<string> {
  const names = new Set<string>();
  walk(source.tree, (node, [declaration, parent]) => {
    if (parent?.type !== (isExported ? 'ExportNamedDeclaration' : 'Program') || declaration === undefined) return;
    if (node.type !== 'VariableDeclarator' || !isNode(node['id']) || !isNode(node['init'])) return;
    const { id, init } = node as unknown as { readonly id: Node; readonly init: Node };
    const annotation = textOf(source, id['typeAnnotation']);
    const hasEntries = init.type === 'ObjectExpression' && (init['properties'] as readonly unknown[]).length > 0;
    if (hasEntries && /^:\s*(?:Readonly<)?Record<string,/.test(annotation)) names.add(String(id['name']));
  });
  return names;
}

function isGuarded(source: Source, access: Node, around: readonly Node[]): boolean {
  const asked = `Object.hasOwn(${textOf(source, access['object'])}, ${textOf(source, access['property'])})`;
  return around.some((node) => node.type === 'ConditionalExpression' && textOf(source, node['test']) === asked);
}

test('no table is indexed by a name that somebody may have sent: `constructor` is no entry of it', () => {
  const sources = sourcesOf(folders);
  const shared = sources.flatMap((source) => [...tablesOf(source, true)]);
  expect(shared.length).toBeGreaterThan(0);
  const found = sources.flatMap((source) => {
    const places: string[] = [];
    const tables = new Set([...shared, ...tablesOf(source, false)]);
    walk(source.tree, (node, around) => {
      if (node.type !== 'MemberExpression' || node['computed'] !== true) return;
      const isTable = tables.has(textOf(source, node['object']));
      const isNamed = isNode(node['property']) && node['property'].type === 'Literal';
      if (isTable && !isNamed && !isGuarded(source, node, around)) places.push(placeOf(source, node));
    });
    return byCharacter.has(source.path) ? [] : places;
  });
  expect(found).toEqual([]);
});
