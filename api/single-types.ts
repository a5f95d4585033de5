type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keywords about a value as a whole, whatever its type. */
const annotations: ReadonlySet<string> = new Set([
  'title',
  'description',
  'default',
  'example',
  'examples',
  'deprecated',
]);

/** Number of JSON's types: a schema that lists them all restricts nothing. */
const typesOfJson = 6;

function splitTypes({ type, ...rest }: Node): Node {
  if (!Array.isArray(type)) return type === undefined ? rest : { type, ...rest };
  if (type.length === typesOfJson) return rest;
  const types = type.filter((one) => one !== 'null');
  if (types.length !== 1 || types.length === type.length)
    throw new Error(`a schema of the API lists the types ${type.join(', ')}: write a union`);
  const entries = Object.entries(rest).map(([key, value]): [string, unknown] => [
    key,
    key === 'enum' && Array.isArray(value) ? value.filter((one) => one !== null) : value,
  ]);
  const about = entries.filter(([key]) => annotations.has(key));
  const constraints = entries.filter(([key]) => !annotations.has(key));
  return {
    ...Object.fromEntries(about),
    anyOf: [{ type: types[0], ...Object.fromEntries(constraints) }, { type: 'null' }],
  };
}

/** A parameter is text, never null, although zod coerces null to a number within its bounds. */
function withoutNull({ type, ...rest }: Node): Node {
  return Array.isArray(type) ? { type: type.find((one) => one !== 'null'), ...rest } : { type, ...rest };
}
const isParameter = (node: Node): node is Node & { readonly schema: Node } =>
  typeof node['in'] === 'string' && isNode(node['schema']) && node['schema']['type'] !== undefined;

/**
 * The same document with one type per schema. OpenAPI 3.1 allows lists of types, but generators of clients ignore the
 * other keywords of a schema with such a list (openapi-python-client 0.29: its items, properties and values).
 */
export function withSingleTypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSingleTypes);
  if (!isNode(value)) return value;
  const node = isParameter(value) ? { ...value, schema: withoutNull(value.schema) } : value;
  return splitTypes(Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, withSingleTypes(inner)])));
}
