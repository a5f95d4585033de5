import { expect, test } from '@jest/globals';
import { isNode, placeOf, sourcesOf, walk, type Node } from './sources.ts';

/**
 * Names of objects that hold ports to other servers or to a second connection. `outsideTransactions` refuses calls
 * through other names at run time.
 */
const holders: ReadonlySet<string> = new Set([
  ...['deps', 'context', 'store', 'storage', 'temporal', 'predictor', 'providers', 'signal', 'signing', 'fetch'],
]);
/**
 * Members that a transaction may use: clocks, limits, the request's data, and functions that take the transaction's
 * repositories.
 */
const harmless: ReadonlySet<string> = new Set(['now', 'newId', 'limits', 'params', 'body', 'principal', 'remember']);

/** Use cases call their last argument within their own transaction. */
const useCases: ReadonlySet<string> = new Set([
  ...['submitJob', 'cancelJob', 'moveVersion', 'registerModel', 'registerVersion'],
]);

type Call = { readonly callee: Node; readonly arguments: readonly Node[] };

/** The function that a call runs within a transaction; null for a call without a transaction. */
function workOf(node: Node): Node | 'none' | null {
  if (node.type !== 'CallExpression') return null;
  const { callee, arguments: given } = node as unknown as Call;
  if (isNode(callee['property']) && callee['property']['name'] === 'transaction') return given.at(-1) ?? 'none';
  if (!useCases.has(String(callee['name']))) return null;
  // In other folders, the last argument of a function with such a name is data.
  const last = given.at(-1);
  return last?.type === 'ArrowFunctionExpression' ? last : null;
}

/** Whether a name refers to the object itself, not to a property or a key. */
function isReference(node: Node, parent: Node | undefined): boolean {
  if (parent?.type === 'MemberExpression') return parent['object'] === node || parent['computed'] === true;
  if (parent?.type === 'Property') return parent['value'] === node;
  return true;
}

test('the work of a transaction has nothing in reach but its repositories', () => {
  const found: string[] = [];
  let transactions = 0;
  for (const source of sourcesOf(['activities', 'api', 'app', 'workers'])) {
    walk(source.tree, (node) => {
      const work = workOf(node);
      if (work === null) return;
      transactions++;
      if (work === 'none' || work.type !== 'ArrowFunctionExpression')
        return void found.push(`${placeOf(source, node)}: no arrow function`);
      walk(work, (inner, [parent]) => {
        if (inner.type !== 'Identifier' || !holders.has(String(inner['name'])) || !isReference(inner, parent)) return;
        const used = parent?.type === 'MemberExpression' && parent['object'] === inner ? parent['property'] : null;
        if (!isNode(used) || !harmless.has(String(used['name'])))
          found.push(`${placeOf(source, inner)}: ${source.text.slice(inner.start, inner.end + 20)}`);
      });
    });
  }
  expect(transactions).toBeGreaterThan(10);
  expect(found).toEqual([]);
});
