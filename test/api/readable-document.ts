type Node = Readonly<Record<string, unknown>>;
type Place = { readonly pointer: string; readonly name: string };

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);
const nodeAt = (node: Node, key: string): Node => (isNode(node[key]) ? node[key] : {});
const listAt = (node: Node, key: string): readonly Node[] => (Array.isArray(node[key]) ? node[key].filter(isNode) : []);

/** A name as generators write classes. */
const className = (...parts: readonly string[]): string =>
  parts
    .join('_')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join('');

/** What OpenAPI 3.1 allows and most generators leave out, do not read or read as anything. */
const unread = [
  'nullable',
  'prefixItems',
  'patternProperties',
  'propertyNames',
  'contains',
  'not',
  'if',
  'then',
  'else',
];
const unions = ['anyOf', 'oneOf', 'allOf'];

/** Faults of a document for who makes a client of it, each with its place. */
export function faultsForGenerators(document: unknown): readonly string[] {
  const root = isNode(document) ? document : {};
  const faults: string[] = [];
  const classes = new Map<string, string>();

  function claim({ pointer, name }: Place): void {
    const earlier = classes.get(name);
    if (earlier !== undefined && earlier !== pointer) faults.push(`${pointer}: ${name} is also the name of ${earlier}`);
    classes.set(name, pointer);
  }

  function checkType(schema: Node, { pointer }: Place, isMember: boolean): void {
    const { type } = schema;
    if (Array.isArray(type)) faults.push(`${pointer}: lists types`);
    if (type === 'array' && !isNode(schema['items'])) faults.push(`${pointer}: array without items`);
    if (type === 'null' && !isMember) faults.push(`${pointer}: null alone`);
    if (Array.isArray(schema['enum']) && (schema['enum'].includes(null) || typeof type !== 'string'))
      faults.push(`${pointer}: values without one type`);
    if (schema['const'] !== undefined && typeof type !== 'string') faults.push(`${pointer}: a constant without a type`);
    if (type === undefined && isNode(schema['properties'])) faults.push(`${pointer}: properties without a type`);
    for (const key of unread) if (key in schema) faults.push(`${pointer}: ${key}`);
  }

  function checkUnion(members: readonly Node[], { pointer }: Place, discriminator: unknown): void {
    if (members.filter(({ type }) => type === 'null').length > 1) faults.push(`${pointer}: null twice`);
    const objects = members.filter(({ type }) => type === 'object');
    const isNamed = objects.every(({ title }) => typeof title === 'string');
    if (members.filter(({ type }) => type !== 'null').length > 1 && !isNamed && discriminator === undefined)
      faults.push(`${pointer}: a union of objects without names`);
  }

  function walk(schema: Node, place: Place, isMember = false): void {
    const { pointer, name } = place;
    if (typeof schema['$ref'] === 'string') {
      const target = schema['$ref'].split('/').slice(1).reduce(nodeAt, root);
      if (Object.keys(target).length === 0) faults.push(`${pointer}: leads nowhere`);
      return;
    }
    checkType(schema, place, isMember);
    if ((schema['type'] === 'object' && !isMember) || Array.isArray(schema['enum'])) claim(place);
    for (const key of unions) {
      const members = listAt(schema, key);
      if (members.length > 0) checkUnion(members, place, schema['discriminator']);
      for (const [index, member] of members.entries()) {
        const own = typeof member['title'] === 'string' ? member['title'] : `type_${index}`;
        const inner = { pointer: `${pointer}/${key}/${index}`, name: className(name, own) };
        if (member['type'] === 'object') claim(inner);
        walk(member, inner, true);
      }
    }
    for (const [key, inner] of Object.entries(nodeAt(schema, 'properties')))
      if (isNode(inner)) walk(inner, { pointer: `${pointer}/properties/${key}`, name: className(name, key) });
    for (const [key, suffix] of [
      ['items', 'item'],
      ['additionalProperties', 'additional_property'],
    ] as const)
      if (isNode(schema[key])) walk(schema[key], { pointer: `${pointer}/${key}`, name: className(name, suffix) });
  }

  function walkContent(content: Node, place: Place): void {
    for (const [type, media] of Object.entries(content))
      if (isNode(media)) walk(nodeAt(media, 'schema'), { ...place, pointer: `${place.pointer}/${type}` });
  }

  for (const [name, schema] of Object.entries(nodeAt(nodeAt(root, 'components'), 'schemas')))
    if (isNode(schema)) walk(schema, { pointer: `/components/schemas/${name}`, name: className(name) });

  const ids = new Map<string, string>();
  for (const [path, operations] of Object.entries(nodeAt(root, 'paths')))
    for (const [method, operation] of Object.entries(isNode(operations) ? operations : {})) {
      if (!isNode(operation)) continue;
      const pointer = `${method} ${path}`;
      const id = typeof operation['operationId'] === 'string' ? operation['operationId'] : '';
      const earlier = ids.get(id.toLowerCase());
      if (!/^[a-z][A-Za-z0-9]*$/.test(id)) faults.push(`${pointer}: no operationId that can be a name`);
      else if (earlier !== undefined) faults.push(`${pointer}: the operationId of ${earlier}`);
      ids.set(id.toLowerCase(), pointer);
      for (const parameter of listAt(operation, 'parameters')) {
        const name = String(parameter['name']);
        const schema = nodeAt(parameter, 'schema');
        if (listAt(schema, 'anyOf').some(({ type }) => type === 'null')) faults.push(`${pointer} ${name}: may be null`);
        walk(schema, { pointer: `${pointer} ${name}`, name: className(id, name) });
      }
      walkContent(nodeAt(nodeAt(operation, 'requestBody'), 'content'), {
        pointer: `${pointer} body`,
        name: className(id, 'body'),
      });
      for (const [status, response] of Object.entries(nodeAt(operation, 'responses')))
        if (isNode(response))
          walkContent(nodeAt(response, 'content'), {
            pointer: `${pointer} ${status}`,
            name: className(id, 'response', status),
          });
    }
  return faults;
}
